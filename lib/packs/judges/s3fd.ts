import type { Build } from '../networks/layers.js';
import { parameter, stored } from '../networks/parameters.js';
import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { convolved, maxPool } from './layers.js';

/** Convolutions of VGG-16 by their indices, in groups with a pool after each. */
const GROUPS = [
  { indices: [0, 2], width: 64 },
  { indices: [5, 7], width: 128 },
  { indices: [10, 12, 14], width: 256 },
  { indices: [17, 19, 21], width: 512 },
  { indices: [24, 26, 28], width: 512 },
] as const;
/** The pool that rounds its size up. */
const ROUNDED_UP = 2;
/** Groups whose outputs are sources of boxes, with their norms' names. */
const NORMED = ['', '', 'L2Norm3_3', 'L2Norm4_3', 'L2Norm5_3'] as const;
const WIDTHS = [256, 512, 512, 1024, 512, 256] as const;

/**
 * The face detector S3FD: a picture [1, 3, h, w], red, green, blue of 0..255 less (123, 117, 104), to `loc` [priors, 4] and the
 * probabilities of background and face, `conf` [priors, 2].
 */
export function s3fdGraph(weights: Weights): Graph {
  const g = new Graph('s3fd', { description: 'The face detector S3FD' });
  const b: Build = { g, weights };
  const sources = sourcesOf(b, g.input('picture', 'float32', [1, 3, 'h', 'w']));
  const boxes = sources.map((x, i) => rowsOf(head(b, `loc.${i}`, x, i, 4), 4));
  const scores = sources.map((x, i) => {
    const raw = head(b, `conf.${i}`, x, i, i === 0 ? 4 : 2);
    return rowsOf(i === 0 ? withBestBackground(b, raw) : raw, 2);
  });
  g.output('loc', g.concat(0, boxes), 'float32', ['priors', 4]);
  g.output('conf', g.concat(0, scores).softmax(1), 'float32', ['priors', 2]);
  return g;
}

function sourcesOf(b: Build, picture: Value): Value[] {
  const sources: Value[] = [];
  let [x, from] = [picture, 3];
  GROUPS.forEach(({ indices, width }, group) => {
    for (const index of indices) {
      x = convolved(b, `vgg.${index}`, x, { from, to: width, kernel: [3, 3], padding: [1, 1] }).relu();
      from = width;
    }
    if (NORMED[group] !== '') sources.push(channelNormed(b, NORMED[group]!, x, width));
    x = maxPool(b, x, [2, 2], [2, 2], group === ROUNDED_UP ? { ceil_mode: 1 } : {});
  });
  return [...sources, ...extras(b, x)];
}

/** The end of VGG, and both extra layers that halve the size. */
function extras(b: Build, pooled: Value): Value[] {
  const wide = { from: 512, to: 1024, kernel: [3, 3], padding: [6, 6], dilation: [6, 6] };
  const sixth = convolved(b, 'vgg.31', pooled, wide).relu();
  const end = convolved(b, 'vgg.33', sixth, { from: 1024, to: 1024, kernel: [1, 1] }).relu();
  const first = halved(b, [0, 1], end, [1024, 256, 512]);
  return [end, first, halved(b, [2, 3], first, [512, 128, 256])];
}

function halved(
  b: Build,
  [thin, strided]: readonly [number, number],
  x: Value,
  widths: readonly [number, number, number],
): Value {
  const [from, middle, to] = widths;
  const narrow = convolved(b, `extras.${thin}`, x, { from, to: middle, kernel: [1, 1] }).relu();
  const shape = { from: middle, to, kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
  return convolved(b, `extras.${strided}`, narrow, shape).relu();
}

/** Values over the length of their channels, times a factor for each channel. */
function channelNormed({ g, weights }: Build, key: string, x: Value, channels: number): Value {
  const length = x.mul(x).sum([1]).sqrt().add(1e-10);
  return x.div(length).mul(stored(g, parameter(weights, `${key}.weight`, [channels]), [1, channels, 1, 1]));
}

function head(b: Build, key: string, x: Value, source: number, to: number): Value {
  return convolved(b, key, x, { from: WIDTHS[source]!, to, kernel: [3, 3], padding: [1, 1] });
}

/** Of the first source's four channels the background is the greatest of three. */
function withBestBackground({ g }: Build, raw: Value): Value {
  return g.concat(1, [raw.slice(1, 0, 3).maxOver([1]), raw.slice(1, 3, 4)]);
}

/** A row for each place of a map, [1, width, h, w] to [h w, width]. */
function rowsOf(map: Value, width: number): Value {
  return map.transpose(0, 2, 3, 1).reshape(-1, width);
}
