// A renderer with convolutions, which lowering rewrites and splits.
import { Graph } from '../../../dist/packs/onnx/index.js';

function weights(g, name, dims) {
  const length = dims.reduce((a, b) => a * b, 1);
  return g.constant(
    name,
    Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + name.length) / 8),
    dims,
  );
}

function conv(g, x, dims, name) {
  const pads = dims.slice(2).map((length) => (length - 1) / 2);
  const inputs = [x, weights(g, `${name}.w`, dims), weights(g, `${name}.b`, dims.slice(0, 1))];
  return g.op('Conv', inputs, { kernel_shape: dims.slice(2), pads: [...pads, ...pads] });
}

/** Declares the shapes of a specification; draws the picture [1, 3, 64, 48] from a volume [1, 4, 2, 8, 8]. */
export function convolutionGraph({ inputs, outputs }) {
  const g = new Graph('convolutions');
  const [feature, source, driving] = ['feature', 'source', 'driving'].map((word) =>
    g.input(inputs[word].name, inputs[word].type, inputs[word].dims),
  );
  const flat = feature.reshape(1, 8, 8, 8);
  const wide = conv(g, conv(g, flat, [32, 8, 3, 3], 'first').relu(), [32, 32, 3, 3], 'second').relu();
  const moved = wide.add(driving.sub(source).mean([1, 2]).reshape(1, 1, 1, 1));
  const drawn = conv(g, conv(g, moved, [16, 32, 3, 3], 'third').relu(), [3, 16, 3, 3], 'last');
  const { name, type, dims } = outputs.image;
  g.output(name, drawn.sigmoid().resize(64, 48), type, dims);
  return g;
}
