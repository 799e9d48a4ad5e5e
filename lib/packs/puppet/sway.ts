import type { Graph, Value } from '../onnx/index.js';
import { axesOf, type DirectionName, LATENTS, normalised } from './directions.js';
import { matrix, range } from './linalg.js';
import { MOTION_SIZE, WINDOW } from './statistics.js';

/**
 * The head wanders. Where it goes is random: a Gaussian course for each axis is its speed; and how fast, follows the voice: the speeds are
 * multiplied by how lively it is and added up over the frames. The courses are motion, too, in places that no renderer looks at (the depth
 * of the brows' and the rigid keypoints' expression), so that the sampler makes them of its noise and the next window goes on at the speed
 * that this one ends with.
 */

/** What each course moves, and by how much a frame at most. Degrees, and crop units. */
const WANDERS: readonly (readonly [DirectionName, number])[] = [
  ['yaw', 0.9],
  ['pitch', 0.45],
  ['roll', 0.34],
  ['tx', 0.0016],
  ['ty', 0.001],
  ['scale', 0.001],
];

/** The share of its distance from rest that the head keeps from frame to frame. */
const KEPT = 0.982;

/** In pauses the head nearly rests. */
const RESTING = 0.04;

/** The axes of the head's pose, 1, and the others, 0: [70]. */
export function posedAxes(): Float32Array {
  const axes = new Float32Array(MOTION_SIZE);
  for (const [name] of WANDERS) for (const axis of axesOf(name)) axes[axis] = 1;
  return axes;
}

/** How much of the reference frame's pose is left in each frame, [64, 70]; other parts of the motion leave as `others` says. */
export function leavingShares(others: readonly number[]): Float32Array {
  const posed = posedAxes();
  return Float32Array.from({ length: WINDOW * MOTION_SIZE }, (_, i) => {
    const [frame, axis] = [Math.floor(i / MOTION_SIZE), i % MOTION_SIZE];
    return posed[axis] === 1 ? KEPT ** (frame + 1) : others[frame]!;
  });
}

/**
 * What the courses add to the motion, [64, 70] in normalised units.
 *
 * @param courses [64, 8]: the latent courses in the order of {@link LATENTS}, of variance 1
 * @param lively how lively the voice is, [64, 1], 0 to 1
 */
export function wandering(g: Graph, courses: Value, lively: Value): Value {
  const [speeds, glances] = g.split(courses, 1, [WANDERS.length, LATENTS.glances.length]) as [Value, Value];
  const steps = g.formula(`(${RESTING} + ${1 - RESTING} * lively) * speeds / sqrt(.8 + speeds^2)`, {
    lively,
    speeds,
  });
  const sums = g.matrix(
    'sums',
    matrix(WINDOW, WINDOW, (i, j) => (j <= i ? KEPT ** (i - j) : 0)),
  );
  const table = WANDERS.map(([name, step]) => normalised(name).map((value) => step * value));
  const head = sums.matmul(steps).matmul(g.matrix('wanders', table));
  return head.add(g.scope('glances', () => glancing(g, glances)));
}

/**
 * How lively the voice is, [64, 1], from where it was in the reference frame [1, 70] on: each window has a floor and peaks of loudness of its
 * own, and the head would jolt where two meet.
 */
export function continuedLiveliness(g: Graph, lively: Value, reference: Value): Value {
  const [axis] = axesOf('liveliness');
  const leaving = range(0, WINDOW).map((frame) => Math.exp(-0.5 * ((frame + 1) / 5) ** 2));
  return g.formula('clip(lively + leave * (before - first), 0, 1)', {
    lively,
    leave: g.constant('leave', Float32Array.from(leaving), [WINDOW, 1]),
    before: reference.slice(1, axis!, axis! + 1),
    first: lively.slice(0, 0, 1),
  });
}

/** The same where no renderer looks, [64, 70], for the next window. */
export function remembered(g: Graph, lively: Value): Value {
  return lively.matmul(g.matrix('memory', [normalised('liveliness').map(Math.sign)]));
}

/** Heights at which a glance jumps, in deviations of its course, and how far: the eyes rest in between. Crop units. */
const LEVELS = [-0.9, -0.3, 0.3, 0.9];
const JUMP = 0.005;
/** How steep: a jump takes about two frames. */
const STEEP = 14;

/** The eyes jump from place to place: each course counts by the levels it is above. */
function glancing(g: Graph, courses: Value): Value {
  const jumps = LEVELS.map((level) =>
    g.formula(`sigmoid(${STEEP} * (courses - ${level})) - ${level > 0 ? 0 : 1}`, { courses }),
  );
  const table = (['lookAcross', 'lookAlong'] as const).map((name) => normalised(name).map((v) => JUMP * v));
  return jumps[0]!.add(...jumps.slice(1)).matmul(g.matrix('glances', table));
}

/** A breath lasts four seconds, and lifts head and shoulders by this much, in crop units. */
const BREATH = { turn: (2 * Math.PI) / 100, lift: 0.003 };

/**
 * Breathing, [64, 70] in normalised units: a wave whose phase, cosine and sine in two places that no renderer looks at, continues that of
 * the reference frame [1, 70]. It begins with the first frame.
 */
export function breathing(g: Graph, reference: Value): Value {
  const at = (name: DirectionName) => axesOf(name)[0]!;
  const read = (column: number) => reference.slice(1, column, column + 1);
  const [a, b] = [read(at('breathCosine')), read(at('breathSine'))];
  const size = g.formula('a * a + b * b', { a, b });
  const begun = g.formula('a + 1 - clip(4 * size, 0, 1)', { a, size });
  const length = g.formula('sqrt(begun * begun + b * b + 1e-6)', { begun, b });
  const phase = g.concat(1, [begun, b]).div(length);
  const turned = range(1, WINDOW + 1).map((frame) => frame * BREATH.turn);
  const [cosine, sine] = [turned.map(Math.cos), turned.map(Math.sin)];
  const column = (name: string, values: readonly number[]) =>
    g.constant(name, Float32Array.from(values), [WINDOW, 1]);
  const [c, s] = [column('cosine', cosine), column('sine', sine)];
  const [real, imaginary] = g.split(phase, 1, [1, 1]) as [Value, Value];
  const wave = g.concat(1, [
    g.formula('c * real - s * imaginary', { c, s, real, imaginary }),
    g.formula('s * real + c * imaginary', { c, s, real, imaginary }),
  ]);
  const state = (name: DirectionName) => normalised(name).map((value) => Math.sign(value));
  const lifted = normalised('ty').map((value, i) => BREATH.lift * value + state('breathSine')[i]!);
  return wave.matmul(g.matrix('breath', [state('breathCosine'), lifted]));
}
