import type { Stages } from '../../binding.js';
import type { StreamPlan } from './stream-options.js';

/** Milliseconds between the beginning of a frame's sound and the frame. */
export interface StreamDelay {
  /** Waiting for the sound that the frame needs, if it comes as fast as it plays. */
  sound: number;
  /** Computing a hop and a frame, as measured so far. */
  compute: number;
  total: number;
}

/** Milliseconds of a hop and of a frame; those of the laps so far. */
export function computeTime(stages: Stages): number {
  return Object.values(stages).reduce((sum, { recent }) => sum + mean(recent), 0);
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What a stream hears beyond a frame. */
type Reach = Pick<StreamPlan, 'hop' | 'ahead'>;

/** Milliseconds of sound, from a frame's beginning, in the window of its features: the last mel column and half of what that reads. */
function heard(fps: number): number {
  return (8000 / fps + 1800) / 16;
}

/** Milliseconds of sound that the resampler reads ahead, at most. */
const RESAMPLER = 4.5;

/** The delay of a stream's frames. */
export function delayOf({ hop, ahead }: Reach, fps: number, compute: number): StreamDelay {
  const sound = (1000 * (hop - 1 + ahead)) / fps + heard(fps) + RESAMPLER;
  return { sound, compute, total: sound + compute };
}

/** Frames of silence behind a frame after which it needs no further sound, wherever its hop begins. */
export function tailOf({ hop, ahead }: Reach, fps: number): number {
  const frame = 1000 / fps;
  return hop - 1 + ahead + Math.ceil((heard(fps) + RESAMPLER) / frame) - 1;
}

/** The delay of a stream of pace 'live': sound is taken frame by frame, and computing has `lead` frames. */
export function pacedDelayOf(plan: Reach & Pick<StreamPlan, 'lead'>, fps: number): StreamDelay {
  const { sound } = delayOf(plan, fps, 0);
  const total = (1000 * (tailOf(plan, fps) + 1 + plan.lead)) / fps;
  return { sound, compute: total - sound, total };
}
