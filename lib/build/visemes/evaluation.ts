import { KEYPOINTS } from '../../packs/puppet/keypoints.js';
import { CLASSES, CURVES } from '../../packs/visemes.js';
import type { Motion } from '../../talker/motion/motion.js';
import type { Talker } from '../../talker/talker.js';
import type { Visemes } from '../../talker/visemes.js';
import { classesAt, curvesAt, type Segment } from './labels.js';
import { type Closures, type Course, closures, correlation, gapOf, lag, middles } from './measure.js';

/** A sound file and its phonemes. */
export interface Labelled {
  speech: string;
  segments: readonly Segment[];
}

/** Figures of one course of the opening between the lips. */
export interface GapFigures extends Closures {
  /** Correlation with the opening of the labels, and by how many frames it is late. */
  gap: number;
  lag: number;
}

/** What {@link evaluate} finds. */
export interface VisemeFigures {
  frames: number;
  network: GapFigures & {
    /** Share of frames whose likeliest class is the right one. */
    accuracy: number;
    /** The same for each class, and the correlation of each curve with that of the labels. */
    classes: Record<string, number>;
    curves: Record<string, number>;
  };
  /** By the lips of a clip's motion, of a portrait whose lips are closed. */
  pack: GapFigures & {
    /** Of the steps of the opening beside closures, in pixels of 512 a frame: the 95th percentile and the largest. */
    steps: [often: number, largest: number];
  };
}

/** One sound heard, and what it should be. */
interface Heard {
  segments: readonly Segment[];
  wanted: number[][];
  classes: number[];
  visemes: Visemes;
  /** Opening of the lips by the motion of the whole pack, crop units. */
  lips: number[];
}

/** Lips that are less apart are shut: of curves, and in crop units. */
const SHUT = { curve: 0.1, lips: 0.006 } as const;
/** Pixels of half a crop. */
const HALF = 256;

/** Runs the network and the whole pack over labelled sounds. */
export async function evaluate(talker: Talker, sounds: readonly Labelled[]): Promise<VisemeFigures> {
  const heard: Heard[] = [];
  for (const sound of sounds) heard.push(await hear(talker, sound));
  return {
    frames: heard.reduce((sum, { classes }) => sum + classes.length, 0),
    network: {
      ...gapFigures(heard, networkGaps, SHUT.curve),
      ...classFigures(heard),
      curves: curveFigures(heard),
    },
    pack: { ...gapFigures(heard, ({ lips }) => lips, SHUT.lips), steps: stepFigures(heard) },
  };
}

async function hear(talker: Talker, { speech, segments }: Labelled): Promise<Heard> {
  const visemes = await talker.visemes(speech);
  const times = middles(visemes.frames);
  const portrait = await talker.portrait(grey(), { crop: 'none' });
  const lips = openings(await talker.animate(portrait, speech).motion());
  await portrait.close();
  return { segments, wanted: curvesAt(segments, times), classes: classesAt(segments, times), visemes, lips };
}

/** A picture without a face: the keypoints are those of the table, with the lips closed. */
function grey() {
  return { data: new Uint8Array(3 * 512 * 512).fill(128), width: 512, height: 512, channels: 3 as const };
}

function openings(motion: Motion): number[] {
  const [upper, lower] = [3 * KEYPOINTS.lipUp.index + 1, 3 * KEYPOINTS.lipLo.index + 1];
  return Array.from({ length: motion.frames }, (_, i) => {
    const { expression } = motion.frame(i);
    return expression[lower]! - expression[upper]!;
  });
}

const rowOf = (values: Float32Array, row: number, size: number) => [
  ...values.subarray(row * size, (row + 1) * size),
];

function networkGaps({ visemes }: Heard): number[] {
  return Array.from({ length: visemes.frames }, (_, i) => gapOf(rowOf(visemes.curves, i, CURVES.length)));
}

function gapFigures(heard: readonly Heard[], gaps: (of: Heard) => number[], shutBelow: number): GapFigures {
  const courses: Course[] = heard.map((each) => ({ segments: each.segments, gaps: gaps(each) }));
  const found = courses.flatMap((course) => course.gaps);
  const wanted = heard.flatMap((each) => each.wanted.map(gapOf));
  return { gap: correlation(found, wanted), lag: lag(found, wanted), ...closures(courses, shutBelow) };
}

function classFigures(heard: readonly Heard[]) {
  const wanted = heard.flatMap(({ classes }) => classes);
  const found = heard.flatMap(({ visemes }) =>
    Array.from({ length: visemes.frames }, (_, i) => CLASSES.indexOf(visemes.frame(i).viseme)),
  );
  const share = (frames: number[]) => frames.filter((i) => found[i] === wanted[i]).length / frames.length;
  const all = wanted.map((_, i) => i);
  const named = CLASSES.map((name, k) => [name, all.filter((i) => wanted[i] === k)] as const);
  const often = named.filter(([, frames]) => frames.length > 5);
  return {
    accuracy: share(all),
    classes: Object.fromEntries(often.map(([name, frames]) => [name, share(frames)])),
  };
}

function curveFigures(heard: readonly Heard[]): Record<string, number> {
  const entries = CURVES.map((name, k) => {
    const found = heard.flatMap(({ visemes }) =>
      Array.from({ length: visemes.frames }, (_, i) => visemes.curves[i * CURVES.length + k]!),
    );
    return [
      name,
      correlation(
        found,
        heard.flatMap(({ wanted }) => wanted.map((curves) => curves[k]!)),
      ),
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** Closures are entered in two frames and left in two: steps beside them are not counted. */
function stepFigures(heard: readonly Heard[]): [number, number] {
  const steps = heard.flatMap(({ lips }) => stepsBesideClosures(lips)).sort((a, b) => a - b);
  return [steps[Math.floor(0.95 * steps.length)]!, steps.at(-1)!];
}

/** Pixels a frame by which the lips open or shut, without the frames around closures. */
export function stepsBesideClosures(lips: readonly number[]): number[] {
  return lips.slice(1).flatMap((gap, i) => {
    const around = lips.slice(Math.max(0, i - 2), i + 4);
    return Math.min(...around) < SHUT.lips ? [] : [HALF * Math.abs(gap - lips[i]!)];
  });
}
