// Renderers whose values half precision cannot hold, and motion that makes them so.
import { Motion } from 'kdtalker';
import { Graph, type Value } from '../../dist/packs/onnx/index.js';
import { conv } from './layers.js';

/** Features in 32 x 32, shifted by `gain` times the way that the keypoints went, made `large`, and small again before they are drawn. */
export function overflowing({ gain = 1, large = 1, flat = false, weight = 6e4 }): Graph {
  const g = new Graph('guarded');
  const dims = [1, 3, 512, 512];
  const picture = g.input('f_s', 'float32', dims);
  const way = g.input('x_d', 'float32', [1, 21, 3]).sub(g.input('x_s', 'float32', [1, 21, 3]));
  const small = g.op('AveragePool', [picture], { kernel_shape: [16, 16], strides: [16, 16] });
  const shift = way.mean([1, 2]).reshape(1, 1, 1, 1).mul(gain);
  const scaled = (x: Value, factor: number) => x.mul(factor);
  const features = scaled(conv(g, small, [16, 3, 3, 3], 'first').relu().add(shift), large);
  const second = scaled(conv(g, features, [32, 16, 3, 3], 'second').relu(), 1 / large);
  const drawn = flat ? overflowed(g, second.add(1), weight) : conv(g, second, [3, 32, 1, 1], 'last');
  g.output('out', drawn.sigmoid().resize(512, 512), 'float32', dims);
  return g;
}

/** Sums, or weights, that are infinite in halves, so that every value is the same level, and of many levels in float32. */
function overflowed(g: Graph, x: Value, weight: number): Value {
  const weights = g.constant('ones', new Float32Array(16 * 32).fill(weight), [16, 32, 1, 1]);
  return g
    .op('Conv', [x, weights], { kernel_shape: [1, 1] })
    .slice(1, 0, 3)
    .mul(6e-3 / weight);
}

/** A head at rest that is elsewhere from frame `from` on. */
export function movedFrom(from: number, frames: number): Motion {
  const values = new Float32Array(frames * 70);
  for (let frame = 0; frame < frames; frame++) {
    values[70 * frame] = 1; // scale
    if (frame >= from) values[70 * frame + 4] = 0.3;
  }
  return new Motion(values, 25);
}
