import type { Graph, Value } from '../onnx/index.js';
import { KEYPOINT_NAMES, KEYPOINT_TABLE, KEYPOINTS, type KeypointName, MOUTH, RIGID } from './keypoints.js';
import { pseudoInverse, range } from './linalg.js';
import { rounding, withoutNarrowing } from './rounding.js';

/** Cells of the grid on which movement is computed, each side. */
export const COARSE = 64;
const CELLS = COARSE * COARSE;

/** x or y of pixel i of n. */
export const centreOf = (pixel: number, size: number) => (2 * pixel + 1) / size - 1;

/** Keypoints of the source and how they move, as the later parts need them. */
export interface Fit {
  /** Source keypoints, x and y: [21, 2]. */
  source: Value;
  /** What the head's movement does not explain of each keypoint's, in the frame of the source face: [21, 2]. */
  residual: Value;
  /** The affine movement of the head in (x, y): columns x and y of [2, 1]; p = A q + shift + depth z(q). */
  inverse: Value;
  shift: Value;
  depth: Value;
  /** 0 where the mouth has no width: something covers it, so that it cannot be seen to open. Else 1; [1, 1]. */
  shown: Value;
}

/**
 * Fits the movement of the rigid keypoints, which for orthographic rotation, scale and shift is affine in (x, y, z), and leaves
 * the rest as expression. x_s and x_d: [1, 21, 3].
 */
export function rigidFit(g: Graph, xs: Value, xd: Value): Fit {
  const points = xs.reshape(21, 3);
  const source = points.slice(1, 0, 2);
  const moved = xd.reshape(21, 3).slice(1, 0, 2).sub(source);
  const affine = g.constant('rigid_fit', Float32Array.from(rigidInverse().flat()), [4, 21]).matmul(moved);
  const ones = g.constant('ones_21', new Float32Array(21).fill(1), [21, 1]);
  const rest = moved.sub(g.concat(1, [ones, points]).matmul(affine));
  const [shift, a, depth] = g.split(affine, 0, [1, 2, 1]) as [Value, Value, Value];
  const unit = g.constant('unit', Float32Array.of(1, 0, 0, 1), [2, 2]);
  const inverse = inverse2(g, a.add(unit));
  const columns = (row: Value) => row.matmul(inverse).reshape(2, 1);
  const shown = mouthShown(g, source);
  const mouth = g.constant('mouth', Float32Array.from(KEYPOINT_NAMES, isOfMouth), [21, 1]);
  const calm = g.formula(`1 - ${1 - COVERED} * (1 - shown) * mouth`, { shown, mouth });
  return {
    source,
    shown,
    residual: rest.matmul(inverse).mul(calm),
    inverse: inverse.transpose(1, 0),
    shift: columns(shift),
    depth: columns(depth),
  };
}

/** How much of its movement a covered mouth keeps. */
const COVERED = 0.35;
/** A mouth is wider than this, even from the side. */
const NARROWEST = 0.03;

function mouthShown(g: Graph, source: Value): Value {
  const corner = (index: number) => source.slice(0, index, index + 1).slice(1, 0, 1);
  const [left, right] = [corner(KEYPOINTS.mouthL.index), corner(KEYPOINTS.mouthR.index)];
  return g.formula(`clip((right - left) / ${NARROWEST} - .5, 0, 1)`, { left, right });
}

const isOfMouth = (name: KeypointName) => (MOUTH.some((other) => other === name) ? 1 : 0);

/** Rows 1, x, y, z of the least-squares fit to the rigid keypoints; columns of all 21, zero for the others. */
export function rigidInverse(): number[][] {
  const rigid = RIGID.map((name) => KEYPOINTS[name].index as number);
  const fit = pseudoInverse(rigid.map((i) => [1, ...KEYPOINT_TABLE[i]!]));
  return fit.map((row) => range(0, 21).map((i) => (rigid.includes(i) ? row[rigid.indexOf(i)]! : 0)));
}

/** Inverse of a 2 x 2 matrix. */
function inverse2(g: Graph, a: Value): Value {
  const [aa, b, c, d] = g.split(a.reshape(4), 0, [1, 1, 1, 1]) as [Value, Value, Value, Value];
  const determinant = g.formula('a * d - b * c', { a: aa, b, c, d });
  return g.concat(0, [d, b.neg(), c.neg(), aa]).div(determinant).reshape(2, 2);
}

/** [x^2, y^2, x, y, 1] of points [2, n]: what Gaussians with axes along x and y are linear in. */
function quadratic(g: Graph, q: Value): Value {
  return g.concat(0, [q.mul(q), q, g.constant('ones', new Float32Array(CELLS).fill(1), [1, CELLS])]);
}

/** Coefficients over [x^2, y^2, x, y, 1] of offset - ((x - x0) / rx)^2 - ((y - y0) / ry)^2. */
function ellipse(offset: number, [x0, rx]: [number, number], [y0, ry]: [number, number]): number[] {
  const [a, b] = [rx ** -2, ry ** -2];
  return [-a, -b, 2 * a * x0, 2 * b * y0, offset - a * x0 ** 2 - b * y0 ** 2];
}

// Depth of a face: the skull, the nose and the muzzle. Negative is towards the viewer.
const SKULL = { depth: -0.55, shape: ellipse(1, [0, 0.62], [0.05, 1]) };
const HUMPS = [
  { depth: -0.2, shape: ellipse(0, [0, 0.1], [0.17, 0.16]) },
  { depth: -0.06, shape: ellipse(0, [0, 0.2], [0.5, 0.18]) },
];

/** Depth at points [2, n] of the source face, [1, n]. */
function depthAt(g: Graph, q: Value): Value {
  const shapes = g.matrix('depth_shapes', [SKULL.shape, ...HUMPS.map((hump) => hump.shape)]);
  const [skull, humps] = g.split(shapes.matmul(quadratic(g, q)), 0, [1, 2]) as [Value, Value];
  const weights = g.matrix('depth_humps', [HUMPS.map((hump) => hump.depth)]);
  return g.formula(`${SKULL.depth} * relu(skull) + humps`, { skull, humps: weights.matmul(humps.exp()) });
}

const smoothstep = (t: number) => {
  const c = Math.min(Math.max(t, 0), 1);
  return c * c * (3 - 2 * c);
};

/** Where the head moves with its pose; fades to the borders of the crop. */
function headMask(x: number, y: number): number {
  const inside = smoothstep((1 - Math.hypot(x / 0.97, y / 1.15)) / 0.3);
  const ends = smoothstep(y > 0 ? (1 - y) / 0.14 : (1 + y) / 0.12);
  return inside * ends * smoothstep((1 - Math.abs(x)) / 0.06);
}

/** Where expressions move the skin. */
function expressionMask(x: number, y: number): number {
  return smoothstep((1.1 - Math.hypot(x / 0.85, y / 1.15)) / 0.25) * smoothstep((1 - Math.abs(y)) / 0.16);
}

function overCells(g: Graph, name: string, values: ((x: number, y: number) => number)[]): Value {
  const cell = (i: number) => centreOf(i % COARSE, COARSE);
  const data = values.flatMap((value) =>
    range(0, CELLS).map((i) => value(cell(i), centreOf(Math.floor(i / COARSE), COARSE))),
  );
  return g.constant(name, Float32Array.from(data), [values.length, CELLS]);
}

/**
 * Backward movement of the skin on a 64 x 64 grid: what to add to a cell's position to find its source, [1, 4, 64, 64] in the
 * order upper x, lower x, upper y, lower y. Upper and lower differ in what the lips carry along.
 */
export function coarseField(g: Graph, fit: Fit): Value {
  const cells = overCells(g, 'cells', [(x) => x, (_, y) => y]);
  const start = fit.inverse.matmul(cells).sub(fit.shift);
  // Depth depends on where a cell came from: two rounds of the fixed point are enough for the angles allowed.
  const first = start.sub(fit.depth.mul(depthAt(g, start)));
  const second = start.sub(fit.depth.mul(depthAt(g, first)));
  const head = second.sub(cells).mul(overCells(g, 'head_mask', [headMask]));
  const expression = expressionField(g, fit, cells.add(head)).mul(
    overCells(g, 'expression_mask', [expressionMask]),
  );
  return head.gather(0, [0, 0, 1, 1]).sub(expression).reshape(1, 4, COARSE, COARSE);
}

type Influence = readonly [names: readonly KeypointName[], strength: number, sx: number, sy: number];

/** How far lips move the skin along, up and down. */
const LIP_REACH = { upper: 0.05, lower: 0.07 } as const;

// Reach of each keypoint on the skin above the seam and below it.
const SHARED: readonly Influence[] = [
  [['mouthL', 'mouthR'], 1.2, 0.07, 0.055],
  [['cheekL', 'cheekR'], 1, 0.12, 0.12],
  [['jawL', 'jawR'], 0.6, 0.14, 0.18],
];
const UPPER: readonly Influence[] = [
  ...SHARED,
  [['browL', 'browR'], 1, 0.16, 0.07],
  [['nose'], 1, 0.12, 0.1],
  [['lidLoL', 'lidLoR'], 1.5, 0.14, 0.06],
  [['lipUp'], 1.2, 0.125, LIP_REACH.upper],
];
const LOWER: readonly Influence[] = [
  ...SHARED,
  [['lipLo'], 1.2, 0.125, LIP_REACH.lower],
  [['chin'], 1.2, 0.26, 0.17],
];

/** Weight of standing still in the averages. */
const STILL = 0.06;

/** Weighted averages of the keypoints' residuals at points q [2, n]: [4, n], upper x, lower x, upper y, lower y. */
function expressionField(g: Graph, fit: Fit, q: Value): Value {
  const kernels = [...new Map([...UPPER, ...LOWER].flatMap(byKeypoint))].map(([index, influence]) => ({
    index,
    influence,
  }));
  const indices = kernels.map((kernel) => kernel.index);
  const weights = kernelWeights(g, fit, q, kernels);
  const residual = withoutNarrowing(g, fit).gather(0, indices).transpose(1, 0);
  const member = (field: readonly Influence[]) => {
    const names = field.flatMap(([of]) => of).map((name) => KEYPOINTS[name].index as number);
    return indices.map((index) => (names.includes(index) ? 1 : 0));
  };
  const members = g.constant('fields', Float32Array.from([...member(UPPER), ...member(LOWER)]), [
    1,
    2,
    indices.length,
  ]);
  // [2 axes, 2 fields, kernels] -> rows as promised.
  const moves = residual.unsqueeze(1).mul(members).reshape(4, indices.length).matmul(weights);
  const total = members.reshape(2, indices.length).matmul(weights).add(STILL);
  const moved = moves.reshape(2, 2, CELLS).div(total).reshape(4, CELLS);
  return moved.add(g.scope('rounding', () => rounding(g, fit, q)));
}

/** Of how far a lip goes towards the other one, the least reach up and down: else the picture's lip would be seen where it was, too. */
const CLOSING = 0.9;

/** Lips of a wide mouth reach further, and those that come together from far apart: factors on 1 / reach^2 of keypoints, [kernels, 2]. */
function widerLips(g: Graph, fit: Fit, indices: readonly number[]): Value {
  const { mouthL, mouthR, lipUp, lipLo } = KEYPOINTS;
  const corner = (index: number) => fit.source.slice(0, index, index + 1).slice(1, 0, 1);
  const down = ({ index }: { index: number }) => fit.residual.slice(0, index, index + 1).slice(1, 1, 2);
  const wide = g.formula(`max((right - left) / ${2 * mouthR.at[0]}, 1)`, {
    left: corner(mouthL.index),
    right: corner(mouthR.index),
  });
  const upper = g.formula(`max(${CLOSING / LIP_REACH.upper} * down, 1)`, { down: down(lipUp) });
  const lower = g.formula(`max(${-CLOSING / LIP_REACH.lower} * down, 1)`, { down: down(lipLo) });
  const share = g.concat(1, [wide, upper, wide, lower]).reshape(2, 2);
  const lips = g.matrix(
    'lips',
    indices.map((index) => [index === lipUp.index ? 1 : 0, index === lipLo.index ? 1 : 0]),
  );
  return lips.matmul(g.formula('1 / (share * share) - 1', { share })).add(1);
}

function byKeypoint([names, strength, sx, sy]: Influence): [number, Influence][] {
  return names.map((name) => [KEYPOINTS[name].index, [[name], strength, sx, sy]]);
}

/** strength exp(-(x - X)^2 / 2 sx^2 - (y - Y)^2 / 2 sy^2) around each keypoint's place in the moved face, [kernels, n]. */
function kernelWeights(
  g: Graph,
  fit: Fit,
  q: Value,
  kernels: { index: number; influence: Influence }[],
): Value {
  const indices = kernels.map((kernel) => kernel.index);
  const centres = fit.source.add(fit.residual).gather(0, indices);
  const usual = g.matrix(
    'reach',
    kernels.map(({ influence: [, , sx, sy] }) => [sx ** -2, sy ** -2]),
  );
  const precision = usual.mul(widerLips(g, fit, indices));
  const strength = g.matrix(
    'strength',
    kernels.map(({ influence }) => [Math.log(influence[1])]),
  );
  const linear = centres.mul(precision);
  const constant = strength.sub(linear.mul(centres).sum([1]).mul(0.5));
  return g
    .concat(1, [precision.mul(-0.5), linear, constant])
    .matmul(quadratic(g, q))
    .exp();
}
