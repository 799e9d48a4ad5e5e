import type { Point } from './geometry.js';

/** Standard deviation in pictures at 25 per second: removes the jitter of the landmarks, keeps a nod of a third of a second. */
const SPREAD = 1.5;
const REACH = 4;
const USUAL_FPS = 25;

/** Weights of a picture and its neighbours before and after; they span the same time at every frame rate. */
function weightsAt(fps: number): number[] {
  const spread = (SPREAD * fps) / USUAL_FPS;
  const reach = Math.ceil((REACH * fps) / USUAL_FPS);
  return Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / spread) ** 2));
}

/** Landmarks of one picture of a video in one array, [x0, y0, x1, y1, ...]. */
export function flatten(landmarks: readonly Point[]): Float32Array {
  return Float32Array.from(landmarks.flat());
}

/** Averages one picture's landmarks with its neighbours', without lag, for a steady crop. `fps`: pictures per second. */
export function steady(tracks: readonly Float32Array[], index: number, fps: number): Point[] {
  const weights = weightsAt(fps);
  const reach = (weights.length - 1) / 2;
  const [from, to] = [Math.max(0, index - reach), Math.min(tracks.length - 1, index + reach)];
  const near = tracks.slice(from, to + 1);
  return blend(near, weights.slice(from - index + reach));
}

/** The mean over all pictures, for a crop that does not move. */
export function meanOf(tracks: readonly Float32Array[]): Point[] {
  return blend(tracks, new Array<number>(tracks.length).fill(1));
}

function blend(tracks: readonly Float32Array[], weights: readonly number[]): Point[] {
  const sum = new Float64Array(tracks[0]!.length);
  let total = 0;
  tracks.forEach((track, t) => {
    total += weights[t]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += weights[t]! * track[i]!;
  });
  return Array.from(
    { length: sum.length / 2 },
    (_, i): Point => [sum[2 * i]! / total, sum[2 * i + 1]! / total],
  );
}
