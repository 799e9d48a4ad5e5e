import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { BENCH_FPS, type BenchClip } from '../bench/bench.js';
import { closeness } from '../landmarks/lips-and-sound.js';
import { type ClipSpeech, type HeardSound, hearSound } from '../measure/clip-speech.js';
import { type MeasuredVideo, measureVideo, type Networks } from '../measure/measure-video.js';
import { readRealPoints } from '../measure/real-points.js';
import {
  METRIC_NAMES,
  type Measured,
  type Measurements,
  type MetricName,
  measured,
  metricOf,
} from '../metrics.js';
import { orReason } from '../reasons.js';
import { ENVELOPE_RATE } from '../sound/envelope.js';
import { delayOf } from '../sync/delay.js';
import type { Unit } from './journal.js';
import { REAL } from './names.js';
import type { ClipTimes } from './times.js';

/** One video that is to be measured. */
export interface Task {
  readonly clip: BenchClip;
  readonly method: string;
  /** Undefined if the method has none of this clip. */
  readonly file: string | undefined;
  readonly sha256: string | null;
  readonly times: ClipTimes | undefined;
}

/** What measuring a video uses besides it. */
export interface Surroundings extends Networks {
  readonly speech: ClipSpeech | undefined;
  /** Where the landmarks of the real video are. */
  readonly pointsFile: string;
  /** What was measured of the real video. */
  readonly real: Unit | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onFrame: () => void;
}

/** Measures one video with all metrics. @throws what does not lie in the video */
export async function measureUnit(task: Task, around: Surroundings): Promise<Unit> {
  const { clip, method, sha256, file } = task;
  const unit = { clip: clip.name, method, sha256 };
  if (file === undefined || sha256 === null)
    return { ...unit, frames: 0, notes: [], measurements: nothing('there is no video of this clip') };
  const video = await orReason(() => measurePictures(task, file, around));
  if ('why' in video) return { ...unit, frames: 0, notes: [video.why], measurements: nothing(video.why) };
  const own = await orReason(() => hearSound(file, around.signal));
  const measurements = {
    ...nothing('not measured'),
    ...needs(around),
    ...video.measurements,
    ...soundMetrics(video, 'why' in own ? undefined : own, around.speech),
    ...speeds(task, video.frames),
    seconds: { value: video.frames / BENCH_FPS },
  };
  const scores = method === REAL ? {} : scoresOf(measurements, around.real);
  return {
    ...unit,
    frames: video.frames,
    notes: notesOf(task, video),
    measurements: { ...measurements, ...scores },
  };
}

async function measurePictures(task: Task, file: string, around: Surroundings): Promise<MeasuredVideo> {
  const { clip, method } = task;
  const { pointsFile, ...options } = around;
  const isReal = method === REAL;
  const hasPoints = !isReal && existsSync(pointsFile);
  const points = hasPoints ? readRealPoints(pointsFile) : undefined;
  try {
    return await measureVideo(file, {
      ...options,
      frames: clip.frames,
      real: points,
      noReal: isReal ? 'the real video is not compared with itself' : 'there is no real video',
      pointsFile: isReal ? pointsFile : undefined,
    });
  } finally {
    await points?.return();
  }
}

function nothing(why: string): Measurements {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, { why }]));
}

/** Why metrics without their judge or pack are not measured. */
function needs({ talker, speech }: Surroundings): Measurements {
  const judged = METRIC_NAMES.flatMap((name) => {
    const { judge } = metricOf(name);
    return judge === undefined ? [] : [[name, { why: `needs ${judge}` }] as const];
  });
  const unheard = { why: 'the speech of the clip cannot be read' };
  const heard = { silentLips: unheard, lipSync: unheard, mouthOffset: unheard, beatAlignment: unheard };
  return {
    ...(Object.fromEntries(judged) as Measurements),
    ...(speech ? {} : heard),
    ...(talker ? {} : { poseDeviation: { why: 'needs a pack with a motion network' } }),
  };
}

/** Offsets of the video's own sound: from the speech, and from the mouth. Without own sound the mouth is compared with the speech. */
function soundMetrics(
  video: MeasuredVideo,
  own: HeardSound | undefined,
  speech: ClipSpeech | undefined,
): Measurements {
  const why = own ? 'the sound is not that of the speech' : 'the video has no sound';
  const delay = own && speech && delayOf(speech.envelope, own.envelope, ENVELOPE_RATE);
  const isSame = delay !== undefined && delay.correlation > LEAST_LIKENESS;
  const soundOffset = measured(isSame ? (delay.steps * BENCH_FPS) / ENVELOPE_RATE : undefined, why);
  if (!own || !('mouthOffset' in video.measurements)) return { soundOffset };
  const offset = video.mouthOffset(own.loudness(video.frames));
  return { soundOffset, mouthOffset: measured(offset, 'the mouth does not follow the sound') };
}

/** The correlation of two envelopes over which they are of the same sound. */
const LEAST_LIKENESS = 0.5;

function speeds({ times, method }: Task, frames: number): Measurements {
  const speed = (seconds: number | undefined): Measured =>
    measured(
      seconds && frames / seconds,
      method === REAL ? 'real videos are not generated' : 'needs times.json',
    );
  return { fps: speed(times?.generate), fpsWhole: speed(times?.whole) };
}

/** A unit of an earlier run with the speed that times.json gives now; the same object if that has not changed. */
export function withTimes(unit: Unit, task: Task): Unit {
  if (unit.frames === 0) return unit;
  const speed = speeds(task, unit.frames);
  const isSame = Object.entries(speed).every(([metric, value]) =>
    isDeepStrictEqual(value, unit.measurements[metric as MetricName]),
  );
  return isSame ? unit : { ...unit, measurements: { ...unit.measurements, ...speed } };
}

const SCORED = {
  lipDynamicsScore: 'lipDynamics',
  browDynamicsScore: 'browDynamics',
  silentLipsScore: 'silentLips',
  lipSyncScore: 'lipSync',
} as const;

/** How near values are to those of the real video. */
function scoresOf(measurements: Measurements, real: Unit | undefined): Measurements {
  const entries = Object.entries(SCORED).map(([score, metric]) => {
    const [value, wanted] = [measurements[metric], real?.measurements[metric]];
    if (!value || 'why' in value) return [score, value];
    if (!wanted || 'why' in wanted) return [score, { why: 'the real video was not measured' }];
    return [score, measured(closeness(value.value, wanted.value), 'the value of the real video is 0')];
  });
  return Object.fromEntries(entries) as Measurements;
}

function notesOf({ clip }: Task, { frames, cut }: MeasuredVideo): string[] {
  if (cut) return [`longer than the clip: only its first ${frames} frames count`];
  return frames < clip.frames ? [`shorter than the clip: ${frames} frames of ${clip.frames}`] : [];
}
