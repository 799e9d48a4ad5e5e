import { KdtalkerError, quote } from '../../errors.js';
import type { Build } from '../networks/layers.js';
import { type ChannelAffine, folded, layer, parameter } from '../networks/parameters.js';
import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { type DlibConvolution, type DlibNorm, readDlibNetwork } from './dlib-file.js';
import { apply, type JudgeConvolution } from './layers.js';

const square = (from: number, to: number, side: number, stride: number, pad: number): JudgeConvolution => ({
  ...{ from, to, kernel: [side, side], stride: [stride, stride], padding: [pad, pad] },
});

/** The convolutions in their order; each but the last has a normalisation and a ReLU after it. */
const LAYERS: readonly JudgeConvolution[] = [
  square(3, 16, 5, 2, 0),
  square(16, 32, 5, 2, 0),
  square(32, 32, 5, 2, 0),
  square(32, 45, 5, 1, 2),
  square(45, 45, 5, 1, 2),
  square(45, 45, 5, 1, 2),
  square(45, 1, 9, 1, 4),
];
const EPSILON = 1e-4;

/**
 * dlib's face detector: a sheet with levels of a pyramid [1, 3, h, w], red, green, blue less their means over 256, to `scores`
 * [1, 1, h', w'], a cell for every eighth pixel; faces are where they are over 0.
 */
export function mmodGraph(weights: Weights): Graph {
  const g = new Graph('mmod', { description: "dlib's face detector" });
  const b: Build = { g, weights };
  let x = g.input('sheet', 'float32', [1, 3, 'h', 'w']);
  for (const [i, shape] of LAYERS.entries()) x = step(b, i, x, shape);
  g.output('scores', x, 'float32', [1, 1, 'rows', 'columns']);
  return g;
}

function step(b: Build, i: number, x: Value, shape: JudgeConvolution): Value {
  const plain = layer(b.weights, `con.${i}`, [shape.to, shape.from, ...shape.kernel]);
  const known = { weight: plain.weight, bias: plain.bias! };
  if (i === LAYERS.length - 1) return apply(b, x, known, shape);
  return apply(b, x, folded(known, normOf(b.weights, `norm.${i}`, shape.to)), shape).relu();
}

function normOf(weights: Weights, key: string, channels: number): ChannelAffine {
  const parts = ['gamma', 'beta', 'mean', 'variance'].map((name) =>
    parameter(weights, `${key}.${name}`, [channels]),
  );
  return {
    channels,
    read() {
      const [gamma, beta, mean, variance] = parts.map((part) => part.read()) as Float32Array[];
      const scale = Float64Array.from(gamma!, (value, c) => value / Math.sqrt(variance![c]! + EPSILON));
      return { scale, shift: Float64Array.from(scale, (value, c) => beta![c]! - mean![c]! * value) };
    },
  };
}

/** The weights of dlib's file mmod_human_face_detector.dat. @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID */
export async function mmodWeights(file: string): Promise<Weights> {
  const { convolutions, norms } = await readDlibNetwork(file);
  const isWhole =
    convolutions.length === LAYERS.length &&
    norms.length === LAYERS.length - 1 &&
    LAYERS.every((shape, i) => isLike(convolutions[i]!, norms[i], shape));
  if (!isWhole)
    throw new KdtalkerError(
      'CHECKPOINT_INVALID',
      `Expected the ${LAYERS.length} convolutions and ${LAYERS.length - 1} normalisations of mmod in ${quote(file)} but received ` +
        `${convolutions.length} and ${norms.length}, or of other sizes; is it mmod_human_face_detector.dat?`,
    );
  const tensors = new Map<string, Float32Array>();
  convolutions.forEach(({ numbers, filters }, i) => {
    tensors.set(`con.${i}.weight`, numbers.slice(0, numbers.length - filters));
    tensors.set(`con.${i}.bias`, numbers.slice(numbers.length - filters));
  });
  norms.forEach(({ gamma, beta, means, variances }, i) => {
    for (const [name, values] of Object.entries({ gamma, beta, mean: means, variance: variances }))
      tensors.set(`norm.${i}.${name}`, values);
  });
  return { floats: (key) => tensors.get(key)!.slice() };
}

function isLike(found: DlibConvolution, norm: DlibNorm | undefined, shape: JudgeConvolution): boolean {
  const { from, to, kernel, stride, padding } = shape;
  const { numbers, filters, rows, columns } = found;
  const sizes = [filters, rows, columns, ...found.strides, ...found.padding, numbers.length];
  const wanted = [to, ...kernel, ...stride!, ...padding!, to * (from * kernel[0]! * kernel[1]! + 1)];
  const isNormed =
    !norm || [norm.gamma, norm.beta, norm.means, norm.variances].every(({ length }) => length === to);
  return `${sizes}` === `${wanted}` && isNormed;
}
