import type { Portrait, Talker } from 'kdtalker';
import t from 'tap';
import { audioGraph } from '../dist/packs/puppet/audio.js';
import { BLINKS, MOUTH_LEAVES } from '../dist/packs/puppet/denoiser.js';
import {
  type DirectionName,
  type KernelName,
  MODES,
  normalised,
  orthonormalModes,
} from '../dist/packs/puppet/directions.js';
import { conditionedKernel, leavingGains } from '../dist/packs/puppet/kernels.js';
import {
  type DenseMatrix,
  dot,
  matrix,
  multiply,
  norm,
  range,
  transpose,
} from '../dist/packs/puppet/linalg.js';
import { smoothingMatrix } from '../dist/packs/puppet/smoothing.js';
import { MOTION_SIZE, MOTION_STD, WINDOW } from '../dist/packs/puppet/statistics.js';
import { numbers, openBuilt } from './support/graphs.js';
import { melWindows } from './support/mel.js';
import { loadBoth, portraitFile, speech } from './support/talker.js';

// Statistics of what the sampler makes of many seeds, against what docs/puppet.md says they are.
const SEEDS = 1000;
const GAUSSIAN = MODES.length - 1;

/** Motion of one window as rows of normalised values, sampled with a seed. */
type Sample = DenseMatrix;

const clip = (value: number, low = 0, high = 1) => Math.min(Math.max(value, low), high);
const smooth = (std: number, course: number[]) =>
  smoothingMatrix(range(0, WINDOW), WINDOW, std).map((row) => dot(row, course));

function relativeLoudness(loudness: number[]): number[] {
  const level = smooth(0.7, loudness);
  const high = Math.max(Math.max(...level), -2.2);
  const low = Math.max(Math.min(...level), high - 2.6);
  const span = Math.max(high - low, 1.2);
  return level.map((value) => clip((value - low - 0.14 * span) / (0.74 * span)));
}

const columnOf = (channels: DenseMatrix, index: number) => channels.map((row) => row[index]!);
const curveOf = (channels: DenseMatrix, index: number) =>
  columnOf(channels, 10 + index).map((value) => clip(value));

/** How far p, b and m shut the lips, from docs/puppet.md. */
function pressed(channels: DenseMatrix): number[] {
  const x = curveOf(channels, 3);
  const soft = smooth(
    0.7,
    x.map((value) => clip((value - 0.05) / 0.25)),
  );
  return soft.map((value, i) => value + clip((x[i]! - 0.16) / 0.005) * (1 - value));
}

/** Whether it is speech that is heard, from docs/puppet.md. */
function speechLikeness(channels: DenseMatrix): number[] {
  const silence = columnOf(channels, 16);
  const heard = silence.map((value) => (1 - value) ** 2);
  const averaged = (std: number, course: number[]) => {
    const weight = smooth(std, heard);
    const sum = smooth(
      std,
      course.map((value, i) => heard[i]! * value),
    );
    return sum.map((value, i) => value / (weight[i]! + 1e-6));
  };
  const sure = averaged(
    10,
    channels.map((row, i) => Math.max(...row.slice(17, 31)) - silence[i]!),
  );
  const change = averaged(24, changesOf(channels.map((row) => row.slice(16, 31))));
  return sure.map((value, i) => clip((value * change[i]! - 0.21) / 0.08));
}

/** By how much a row differs from the one before; the first as much as the second. */
function changesOf(rows: DenseMatrix): number[] {
  return rows.map((_, i) => {
    const [before, now] = [rows[Math.max(i, 1) - 1]!, rows[Math.max(i, 1)]!];
    return now.reduce((sum, value, j) => sum + Math.abs(value - before[j]!), 0);
  });
}

/** What the voice alone makes the face do, but not the head, written here once more from docs/puppet.md. `at` [70] is the portrait's canonical token. */
function voiceMean(channels: DenseMatrix, at: ArrayLike<number>): DenseMatrix {
  const channel = (index: number) => columnOf(channels, index);
  const speech = speechLikeness(channels);
  const curve = (index: number) => curveOf(channels, index).map((value, i) => value * speech[i]!);
  const n = relativeLoudness(channel(0));
  const inner = at[68]! - at[65]!;
  const apart = Math.max(inner, 0) * clip((inner - 0.025) / 0.025);
  const raised = Math.max(at[68]! + 0.01 - (at[59]! + at[62]!) / 2, 0);
  const width = clip(1 + (at[61]! - at[58]!) / 0.38, 0.5, 1.2);
  const speaking = smooth(
    1.6,
    channel(16).map((value) => 1 - value),
  ).map((value, i) => speech[i]! * clip(1.4 * value));
  const press = pressed(channels);
  const bitten = smooth(
    0.9,
    curve(4).map((value) => clip((value - 0.1) / 0.4)),
  );
  const bite = bitten.map((value, i) => value * (1 - press[i]!));
  const round = smooth(0.9, curve(2)).map(
    (value) => clip(1.4 * value) * width * (1 - 4 * Math.min(apart, 0.2)),
  );
  const [open, wide, teeth] = [smooth(1.25, curve(0)), smooth(0.9, curve(1)), smooth(0.5, curve(5))];
  const slow = smooth(3.5, n);
  const stress = smooth(14, n).map((value, i) => slow[i]! - value);
  const rises = channel(7).map((rise, i) => n[i]! * clip(2 * rise - 1));
  const beat = smooth(2, rises);
  const moves = (i: number): [DirectionName, number][] => {
    const free = 1 - press[i]!;
    const shut = apart * (press[i]! + free * speaking[i]! * (0.55 + 0.4 * Math.max(bite[i]!, round[i]!)));
    return [
      ['jaw', 0.115 * open[i]! * (0.75 + 0.25 * n[i]!) * free * (1 - 0.7 * bite[i]!)],
      ['wide', 0.034 * wide[i]!],
      ['pucker', 0.13 * round[i]!],
      ['press', 0.007 * press[i]!],
      ['bite', 0.012 * bite[i]!],
      ['part', 0.016 * teeth[i]! * free * (1 - bite[i]!)],
      ['upperDown', shut * (0.5 - 0.3 * bite[i]!)],
      ['lowerUp', shut * (0.5 + 0.3 * bite[i]!)],
      ['cornersDown', 0.7 * raised * round[i]!],
      ['brow', 0.03 * Math.max(stress[i]! - 0.04, 0) + 0.02 * beat[i]!],
    ];
  };
  return range(0, WINDOW).map((i) =>
    moves(i).reduce(
      (row, [name, amount]) => row.map((value, j) => value + amount * normalised(name)[j]!),
      new Array<number>(MOTION_SIZE).fill(0),
    ),
  );
}

/** The mean of a window that follows a face at rest: the reference is 0. */
function windowMean(driven: DenseMatrix, press: readonly number[]): DenseMatrix {
  const { basis } = orthonormalModes();
  const leaving = leavingGains();
  const gains = MODES.map(({ kernel }) => (kernel === 'blink' ? leaving : conditionedKernel(kernel).gains));
  // The mouth, keypoints 14 to 20, leaves the frame before at once, but for a closure.
  const isMouth = (j: number) => j >= 7 + 3 * 14;
  const rest = driven[0]!.map((value, j) => (isMouth(j) ? 0 : -value));
  const near = press.map((value, tau) => (MOUTH_LEAVES[tau] ?? 0) * (1 - value));
  const along = basis.map((mode) => dot(rest, mode));
  return driven.map((row, tau) =>
    row.map((value, j) => {
      const extra = basis.reduce(
        (sum, mode, k) => sum + (gains[k]![tau]! - leaving[tau]!) * along[k]! * mode[j]!,
        0,
      );
      const mouth = isMouth(j) ? -near[tau]! * driven[0]![j]! : 0;
      return value + leaving[tau]! * rest[j]! + extra + mouth;
    }),
  );
}

async function expectedMean(canonical: ArrayLike<number>): Promise<DenseMatrix> {
  const run = await openBuilt(audioGraph());
  const { feature } = await run({ mel: melWindows(speech(WINDOW), WINDOW) });
  const values = numbers(feature);
  const size = values.length / WINDOW;
  const channels = matrix(WINDOW, size, (i, j) => values[i * size + j]!);
  return windowMean(voiceMean(channels, canonical), pressed(channels));
}

async function draw(talker: Talker, portrait: Portrait, seeds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const { values } = await talker.animate(portrait, speech(WINDOW), { seed }).rawMotion();
    samples.push(
      matrix(
        WINDOW,
        MOTION_SIZE,
        (i, j) => (values[i * MOTION_SIZE + j]! - (j === 0 ? 1 : 0)) / MOTION_STD[j]!,
      ),
    );
  }
  return samples;
}

/** Courses of one mode over the window, one row a sample, with the expected mean taken away. */
function coursesOf(samples: readonly Sample[], mean: DenseMatrix, mode: readonly number[]): DenseMatrix {
  const expected = mean.map((row) => dot(row, mode));
  return samples.map((sample) => sample.map((row, i) => dot(row, mode) - expected[i]!));
}

const frobenius = (a: DenseMatrix) => norm(a.flat());

function moments(courses: DenseMatrix): { mean: number[]; covariance: DenseMatrix } {
  const mean = courses[0]!.map(
    (_, i) => courses.reduce((sum, course) => sum + course[i]!, 0) / courses.length,
  );
  const centred = courses.map((course) => course.map((value, i) => value - mean[i]!));
  const covariance = multiply(transpose(centred), centred).map((row) =>
    row.map((value) => value / (courses.length - 1)),
  );
  return { mean, covariance };
}

t.test(`${SEEDS} seeds have the mean and the covariance that docs/puppet.md names`, async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const { tensors } = await talker.trace(portraitFile, speech(WINDOW));
  const [mean, samples] = [await expectedMean(tensors.canonical!.data), await draw(talker, portrait, SEEDS)];
  const { basis, amplitudes } = orthonormalModes();

  t.test('the Gaussian modes', async (t) => {
    for (const [k, { direction, kernel }] of MODES.slice(0, GAUSSIAN).entries()) {
      const found = moments(coursesOf(samples, mean, basis[k]!));
      const { eigen } = conditionedKernel(kernel as KernelName);
      const scaled = matrix(WINDOW, WINDOW, (i, j) => eigen.vectors[i]![j]! * eigen.values[j]!);
      const expected = multiply(scaled, transpose(eigen.vectors)).map((row) =>
        row.map((v) => v * amplitudes[k]! ** 2),
      );
      const sigma = Math.sqrt(expected.reduce((sum, row, i) => sum + row[i]!, 0) / WINDOW);
      const meanError = norm(found.mean) / Math.sqrt(WINDOW) / sigma;
      const difference = found.covariance.map((row, i) => row.map((value, j) => value - expected[i]![j]!));
      const covarianceError = frobenius(difference) / frobenius(expected);
      const trace = (m: DenseMatrix) => m.reduce((sum, row, i) => sum + row[i]!, 0);
      const ratio = Math.sqrt(trace(found.covariance) / trace(expected));
      t.comment(
        `${direction}: mean off by ${meanError.toFixed(3)} sigma, covariance by ${covarianceError.toFixed(3)}, std ratio ${ratio.toFixed(3)}`,
      );
      t.ok(meanError < 0.1, `${direction}: mean`);
      // Drawing 1000 samples alone gives .07 to .1 for head, eyes and face and .12 for the lips.
      t.ok(covarianceError < (kernel === 'tight' ? 0.18 : 0.15), `${direction}: covariance`);
      t.ok(Math.abs(ratio - 1) < 0.05, `${direction}: spread`);
    }
  });

  t.test('the modes are independent of each other', async (t) => {
    const courses = basis
      .slice(0, GAUSSIAN)
      .map((mode) => coursesOf(samples, mean, mode).map((course) => course[40]!));
    for (let a = 0; a < GAUSSIAN; a++) {
      for (let b = 0; b < a; b++) {
        const r = dot(courses[a]!, courses[b]!) / norm(courses[a]!) / norm(courses[b]!);
        t.ok(Math.abs(r) < 0.15, `${MODES[a]!.direction} and ${MODES[b]!.direction}: ${r.toFixed(3)}`);
      }
    }
  });

  t.test('outside the modes, and what follows from them, nothing is random', async (t) => {
    const names = [
      'yaw',
      'pitch',
      'roll',
      'ty',
      'scale',
      'lookAcross',
      'liveliness',
      'breathCosine',
      'breathSine',
    ] as const;
    const follows = range(0, MOTION_SIZE).map((j) => names.some((name) => normalised(name)[j] !== 0));
    let largest = 0;
    for (const sample of samples) {
      for (const [i, row] of sample.entries()) {
        const off = row.map((value, j) => value - mean[i]![j]!);
        const inside = basis.map((mode) => dot(off, mode));
        const outside = off.map(
          (value, j) => value - basis.reduce((sum, mode, k) => sum + inside[k]! * mode[j]!, 0),
        );
        largest = Math.max(largest, ...outside.map((value, j) => (follows[j] ? 0 : Math.abs(value))));
      }
    }
    t.comment(`at most ${largest.toExponential(1)} from the mean`);
    t.ok(largest < 1e-4);
  });

  t.test('blinks', async (t) => {
    const closed = norm(normalised('lid'));
    const starts = [0, ...BLINKS.flatMap(() => range(1, 14).map((k) => 4 * k))];
    const template = (i: number) => {
      const course = BLINKS[Math.floor((i - 1) / 13)]?.course ?? [];
      return range(0, WINDOW).map((frame) => closed * (course[frame - starts[i]!] ?? 0));
    };
    const templates = starts.map((_, i) => template(i));
    const counts = starts.map(() => 0);
    let squares = 0;
    for (const course of coursesOf(samples, mean, basis[GAUSSIAN]!)) {
      const rests = templates.map((blink) => norm(course.map((value, i) => value - blink[i]!)));
      const nearest = rests.indexOf(Math.min(...rests));
      counts[nearest]!++;
      squares += rests[nearest]! ** 2;
    }
    const chance = 1 - counts[0]! / SEEDS;
    const positions = range(1, 14).map((k) => {
      const here = counts.filter((_, i) => starts[i] === 4 * k);
      return here.reduce((a, b) => a + b) / (SEEDS - counts[0]!);
    });
    const residual = Math.sqrt(squares / SEEDS / WINDOW) / closed;
    t.comment(
      `a blink in ${chance.toFixed(3)} of the windows; positions ${positions.map((p) => p.toFixed(3)).join(' ')}`,
    );
    t.comment(`off the template by ${residual.toFixed(4)} of a closed lid`);
    t.ok(Math.abs(chance - 0.717) < 0.05, 'a blink in .72 of the windows');
    t.ok(
      positions.every((p) => p > 0.035 && p < 0.125),
      'all places are about as frequent',
    );
    t.ok(residual < 0.03, 'every blink is one of the courses');
  });

  t.test('heads differ', async (t) => {
    const last = samples.map((sample) => sample[WINDOW - 1]!);
    const spread = (j: number) =>
      moments(last.map((row) => [row[j]! * MOTION_STD[j]!])).covariance[0]![0]! ** 0.5;
    const [yaw, pitch, roll] = [spread(1), spread(2), spread(3)];
    t.comment(
      `last frame: sd of yaw, pitch, roll ${[yaw, pitch, roll].map((v) => v.toFixed(2)).join(', ')} degrees`,
    );
    t.ok(Math.abs(yaw - 5.2) < 0.5 && Math.abs(pitch - 2.5) < 0.3 && Math.abs(roll - 1.9) < 0.3);
    const most = Math.max(
      ...samples.flatMap((sample) => sample.map((row) => Math.abs(row[1]! * MOTION_STD[1]!))),
    );
    t.ok(most > 10 && most < 22, `yaw reaches ${most.toFixed(1)} degrees`);
  });
});
