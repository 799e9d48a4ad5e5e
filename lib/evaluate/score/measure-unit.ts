import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { BENCH_FPS, type BenchClip } from '../bench/bench.js';
import type { FeatureSums } from '../judged/frechet.js';
import type { Judges } from '../judged/judges.js';
import { closeness } from '../landmarks/lips-and-sound.js';
import type { LseKind } from '../lse-kinds.js';
import { type ClipSpeech, type HeardSound, hearSound, spoolSound } from '../measure/clip-speech.js';
import type { JudgedMeter } from '../measure/judged-meter.js';
import { judgedMeters } from '../measure/judged-meters.js';
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
import type { SoundSpool } from '../sound/sound-spool.js';
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
  /** Its file, if it can be read. */
  readonly speechFile: string | undefined;
  readonly judges: Judges | undefined;
  readonly lse: LseKind;
  /** Whether LSE is of pictures that were encoded again. */
  readonly lseReencode: boolean;
  /** The embedding of the clip's reference picture. */
  readonly reference: Float32Array | undefined;
  /** What this video's features are added to. */
  readonly sums: FeatureSums | undefined;
  /** Where the embeddings of the real video are. */
  readonly identityFile: string;
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
  const sounds = await hearSounds(file, around);
  try {
    const video = await orReason(() => measurePictures(task, file, sounds, around));
    if ('why' in video) return { ...unit, frames: 0, notes: [video.why], measurements: nothing(video.why) };
    return { ...unit, ...described(task, video, sounds.own, around) };
  } finally {
    await sounds.spool?.close();
  }
}

function described(
  task: Task,
  video: MeasuredVideo,
  own: HeardSound | undefined,
  around: Surroundings,
): Pick<Unit, 'frames' | 'notes' | 'measurements'> {
  const measurements = {
    ...nothing('not measured'),
    ...needs(around),
    ...video.measurements,
    ...soundMetrics(video, own, around.speech),
    ...speeds(task, video.frames),
    seconds: { value: video.frames / BENCH_FPS },
  };
  const scores = task.method === REAL ? {} : scoresOf(measurements, around.real);
  const notes = [...notesOf(task, video), ...video.notes];
  return { frames: video.frames, notes, measurements: { ...measurements, ...scores } };
}

/** A video's own sound, and what SyncNet hears: that, or else the speech of the clip. */
interface Sounds {
  readonly own: HeardSound | undefined;
  readonly spool: SoundSpool | undefined;
}

async function hearSounds(file: string, { judges, speechFile, signal }: Surroundings): Promise<Sounds> {
  if (!judges?.sync) {
    const own = await orReason(() => hearSound(file, signal));
    return { own: 'why' in own ? undefined : own, spool: undefined };
  }
  const own = await orReason(() => spoolSound(file, signal));
  if (!('why' in own)) return { own, spool: own.spool };
  const speech = speechFile === undefined ? undefined : await spoolSound(speechFile, signal);
  return { own: undefined, spool: speech?.spool };
}

async function measurePictures(
  task: Task,
  file: string,
  { own, spool: sound }: Sounds,
  around: Surroundings,
): Promise<MeasuredVideo> {
  const { clip, method } = task;
  const { pointsFile, identityFile, judges, ...options } = around;
  const isReal = method === REAL;
  const noReal = isReal ? 'the real video is not compared with itself' : 'there is no real video';
  const isThere = (path: string) => !isReal && existsSync(path);
  const points = isThere(pointsFile) ? readRealPoints(pointsFile) : undefined;
  const judged: JudgedMeter[] = [];
  try {
    const files = {
      realIdentities: isThere(identityFile) ? identityFile : undefined,
      identitiesOut: isReal ? identityFile : undefined,
    };
    if (judges)
      judged.push(
        ...(await judgedMeters({
          ...options,
          ...files,
          ...{ file, frames: clip.frames },
          judges,
          sound,
          noReal,
          hasSound: own !== undefined,
        })),
      );
    return await measureVideo(file, {
      ...{ ...options, judged, noReal },
      frames: clip.frames,
      real: points,
      pointsFile: isReal ? pointsFile : undefined,
    });
  } finally {
    for (const judge of judged) await judge.close();
    await points?.return();
  }
}

function nothing(why: string): Measurements {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, { why }]));
}

/** Why metrics without their judge or pack are not measured. */
function needs({ talker, speech, judges }: Surroundings): Measurements {
  const has = {
    syncnet: judges?.sync,
    hopenet: judges?.pose,
    inception: judges?.features,
    arcface: judges?.identity,
  };
  const judged = METRIC_NAMES.flatMap((name) => {
    const { judge } = metricOf(name);
    if (judge === undefined) return [];
    return [[name, { why: has[judge] ? 'there is no sound' : `needs ${judge}` }] as const];
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
