import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Point } from '../../dist/face/geometry.js';
import { Graph, type Value } from '../../dist/packs/onnx/index.js';
import type { Picture } from '../../dist/picture.js';

/**
 * Networks with the released ones' inputs and outputs that find a test's painted marks, so that the numbers show every step between the
 * photo's pixels and the landmarks.
 */

const SIDE = 512;
const STRIDES = [8, 16, 32] as const;
/** The released detector declares the rows of another input, 640 x 640. */
const DECLARED_ROWS = [12800, 3200, 800];
const SCRFD_NAMES = ['448', '471', '494', '451', '474', '497', '454', '477', '500'];

/** The three dots of a painted face: where its eyes and its mouth are. */
export interface Dots {
  /** Red. */
  eyeLeft: Point;
  /** Green. */
  eyeRight: Point;
  /** Blue. */
  mouth: Point;
}

/** Where a point of a painted face lies: a fraction of the way to the right eye, and one to the mouth. */
export type Place = readonly [toRightEye: number, toMouth: number];

/** The point of a painted face at a place. */
export function at({ eyeLeft, eyeRight, mouth }: Dots, [a, b]: Place): Point {
  const mix = (axis: 0 | 1) =>
    eyeLeft[axis] + a * (eyeRight[axis] - eyeLeft[axis]) + b * (mouth[axis] - eyeLeft[axis]);
  return [mix(0), mix(1)];
}

/** A grey picture with three soft dots, red, green and blue. */
export function paintDots(width: number, height: number, dots: Dots, sigma: number): Picture {
  const data = new Uint8Array(width * height * 3).fill(40);
  [dots.eyeLeft, dots.eyeRight, dots.mouth].forEach(([cx, cy], channel) => {
    const reach = Math.ceil(5 * sigma);
    for (let y = Math.floor(cy) - reach; y <= cy + reach; y++)
      for (let x = Math.floor(cx) - reach; x <= cx + reach; x++) {
        const level = Math.round(200 * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma ** 2)));
        data[(y * width + x) * 3 + channel]! += level;
      }
  });
  return { data, width, height };
}

/** Adds the search for the three dots: their centres [3, 2] (x, y) in pixels of an input of `side`. */
function dotsOf(g: Graph, image: Value, side: number): Value {
  const channels = g.split(image, 1, [1, 1, 1]);
  const index = Float32Array.from({ length: side }, (_, i) => i);
  const [xs, ys] = [g.constant('xs', index, [1, 1, 1, side]), g.constant('ys', index, [1, 1, side, 1])];
  const centres = channels.map((channel, i) => {
    const [b, c] = channels.filter((_, other) => other !== i) as [Value, Value];
    const weight = channel.sub(b.max(c)).relu();
    const centre = (axis: Value) =>
      weight
        .mul(axis)
        .sum([1, 2, 3])
        .div(weight.sum([1, 2, 3]).add(1e-6));
    return g.concat(1, [centre(xs).reshape(1, 1), centre(ys).reshape(1, 1)]);
  });
  return g.concat(0, centres);
}

/** Points [count, 2] at places of the face; probes, fixed numbers, instead at some of them. */
function pointsAt(g: Graph, dots: Value, places: readonly Place[], scale: number, shift: number): Value {
  const weights = g.matrix(
    'places',
    places.map(([a, b]) => [1 - a - b, a, b]),
  );
  return weights.matmul(dots).mul(scale).add(shift);
}

/** Replaces the last points by fixed values. */
function withProbes(g: Graph, points: Value, count: number, probes: readonly Point[]): Value {
  if (probes.length === 0) return points;
  const fixed = g.matrix(
    'probes',
    probes.map((probe) => [...probe]),
  );
  return g.concat(0, [points.slice(0, 0, count - probes.length), fixed]);
}

/** What 2d106det.onnx would be if faces were three dots; the last points are `probes`, in -1..1. */
export function landmarks106Graph(places: readonly Place[], probes: readonly Point[] = []): Graph {
  const g = new Graph('2d106det');
  const image = g.input('data', 'float32', ['None', 3, 192, 192]);
  // Levels of 0..1 would give the same centres: a picture that dark shows as a face far away.
  const tooDark = g
    .op('Sub', [g.scalar(2), image.maxOver([1, 2, 3], false)])
    .relu()
    .reshape(1, 1)
    .mul(1000);
  const dots = dotsOf(g, image, 192).add(tooDark);
  const points = withProbes(g, pointsAt(g, dots, places, 1 / 96, -1), places.length, probes);
  g.output('fc1', points.reshape(1, 212), 'float32', ['None', 212]);
  return g;
}

/** What landmark.onnx would be if faces were three dots; the last points are `probes`, in 0..1. */
export function landmarks203Graph(places: readonly Place[], probes: readonly Point[] = []): Graph {
  const g = new Graph('landmark');
  const image = g.input('input', 'float32', [1, 3, 224, 224]);
  // Levels of 0..255 would give the same centres: what is brighter than 0..1 shows as a second face far away.
  const tooBright = image.maxOver([1, 2, 3], false).sub(1).relu().reshape(1, 1).mul(1000);
  const dots = dotsOf(g, image, 224).add(tooBright);
  const points = withProbes(g, pointsAt(g, dots, places, 1 / 224, 0), places.length, probes);
  g.output('output', dots.reshape(1, 6), 'float32', [1, 6]);
  g.output('853', dots.mul(2).reshape(1, 6), 'float32', [1, 6]);
  g.output('856', points.reshape(1, 406), 'float32', [1, 406]);
  return g;
}

/** The levels 0..255 of the picture that the detector sees. */
function levels(image: Value): Value {
  return image.mul(128).add(127.5);
}

function scrfdGraph(
  heads: (g: Graph, levels: Value, stride: number) => { score: Value; distance: Value },
): Graph {
  const g = new Graph('det_10g');
  const image = levels(g.input('input.1', 'float32', [1, 3, '?', '?']));
  const made = STRIDES.map((stride) => heads(g, image, stride));
  const rows = (stride: number) => 2 * (SIDE / stride) ** 2;
  const declare = (group: number, level: number, value: Value, width: number) =>
    g.output(SCRFD_NAMES[3 * group + level]!, value.reshape(-1, width), 'float32', [
      DECLARED_ROWS[level]!,
      width,
    ]);
  made.forEach(({ score }, level) => {
    declare(0, level, score, 1);
  });
  made.forEach(({ distance }, level) => {
    declare(1, level, distance, 4);
  });
  STRIDES.forEach((stride, level) => {
    declare(2, level, g.constant(`points${level}`, new Float32Array(10 * rows(stride))), 10);
  });
  return g;
}

/** How a pixel is painted for {@link pixelScrfdGraph}. */
export interface PaintedFace {
  /** 8, 16 or 32; `x` and `y`, in the detector's picture, are multiples of it. */
  stride: number;
  x: number;
  y: number;
  /** 128 and more is a face. */
  score: number;
  /** Levels below 128: 10 a stride to both sides, and to top and bottom. */
  across: number;
  down: number;
}

/** Paints faces on black so that each pixel of the detector's picture is `zoom` pixels square. */
export function paintFaces(
  width: number,
  height: number,
  zoom: number,
  faces: readonly PaintedFace[],
): Picture {
  const data = new Uint8Array(width * height * 3);
  for (const { stride, x, y, score, across, down } of faces) {
    const colour = [across, down];
    colour.splice(STRIDES.indexOf(stride as 8), 0, score);
    for (let row = y * zoom; row < (y + 1) * zoom; row++)
      for (let column = x * zoom; column < (x + 1) * zoom; column++)
        data.set(colour, (row * width + column) * 3);
  }
  return { data, width, height };
}

/**
 * A detector that takes every painted pixel for a face: red is the score at stride 8, green at 16, blue at 32, the other two
 * colours say how far it reaches. The second anchor of a cell sees the same face less surely and a stride further to the right.
 */
export function pixelScrfdGraph(): Graph {
  return scrfdGraph((g, image, stride) => {
    const cells = SIDE / stride;
    const sampled = image.slice(2, 0, SIDE, stride).slice(3, 0, SIDE, stride).transpose(0, 2, 3, 1);
    const column = (channel: number) => sampled.slice(3, channel, channel + 1).reshape(cells * cells, 1);
    const own = STRIDES.indexOf(stride as 8);
    const [across, down] = [0, 1, 2].filter((channel) => channel !== own).map(column) as [Value, Value];
    const score = column(own).div(255);
    const [side, height] = [across.div(10), down.div(10)];
    const first = g.concat(1, [side, height, side, height]);
    const second = g.concat(1, [side.sub(1), height, side.add(1), height]);
    return {
      score: g.concat(1, [score, score.mul(0.9)]),
      distance: g.concat(1, [first, second]),
    };
  });
}

/** What det_10g.onnx would be if faces were three dots: many anchors near the face see the box between two of its places. */
export function dotsScrfdGraph(topLeft: Place, bottomRight: Place): Graph {
  return scrfdGraph((g, image, stride) => {
    const cells = SIDE / stride;
    const corners = pointsAt(g, dotsOf(g, image, SIDE), [topLeft, bottomRight], 1, 0).reshape(1, 4);
    const positions = Float32Array.from({ length: cells * cells * 4 }, (_, i) => {
      const cell = i >> 2;
      return (i % 2 === 0 ? cell % cells : Math.floor(cell / cells)) * stride;
    });
    const cell = g.constant(`cells${stride}`, positions, [cells * cells, 4]);
    const signs = g.constant('signs', Float32Array.of(-1, -1, 1, 1), [1, 4]);
    const distance = corners.sub(cell).mul(signs).div(stride);
    // Cells inside the box see the face, those in its middle best.
    const depth = distance.minOver([1]);
    const across = distance.sum([1]).div(4);
    const score = depth
      .div(across)
      .clip(0, 1)
      .mul(stride === 16 ? 0.98 : 0.6);
    return { score: g.concat(1, [score, score.mul(0.7)]), distance: g.concat(1, [distance, distance]) };
  });
}

/** The box that the detector sees: wider than the three dots, so that all of them lie in every view. */
export const CORNERS: readonly [Place, Place] = [
  [-0.5, -0.5],
  [1.4, 1.3],
];

/** The number of places around the face; some of them decide where crops are and how wide eyes are open. */
function places(count: number, special: Readonly<Record<number, Place>>): Place[] {
  return Array.from({ length: count }, (_, i): Place => {
    const angle = (2 * Math.PI * i) / count;
    return special[i] ?? [0.5 + 0.8 * Math.cos(angle), 0.4 + 0.8 * Math.sin(angle)];
  });
}

/** Of the 106 points. */
export const PLACES106 = places(106, { 40: [0, -0.06], 33: [0, 0.06], 35: [-0.2, 0], 39: [0.2, 0] });
/** Of the 203 points. */
export const PLACES203 = places(203, {
  ...{ 0: [-0.2, 0], 12: [0.2, 0], 6: [0, -0.04], 18: [0, 0.04] },
  ...{ 24: [0.8, 0], 36: [1.2, 0], 30: [1, -0.02], 42: [1, 0.02] },
  ...{ 48: [-0.3, 1], 66: [0.3, 1], 90: [0, 0.9], 102: [0, 1.1] },
});
/** Writes the three networks of painted faces under the names of the released ones; returns their paths. */
export function dotsFaceNetworks(folder: string, probes: { of106?: Point[]; of203?: Point[] } = {}) {
  return {
    detector: writeGraph(folder, 'det_10g.onnx', dotsScrfdGraph(...CORNERS)),
    landmarks106: writeGraph(folder, '2d106det.onnx', landmarks106Graph(PLACES106, probes.of106)),
    landmarks203: writeGraph(folder, 'landmark.onnx', landmarks203Graph(PLACES203, probes.of203)),
  };
}

/** Writes a graph; returns its path. */
export function writeGraph(folder: string, file: string, graph: Graph): string {
  const path = join(folder, file);
  writeFileSync(path, graph.toBytes());
  return path;
}
