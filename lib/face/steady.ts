import type { Point } from './geometry.js';

/** Standard deviation in pictures: takes out the landmarks' trembling, keeps a nod of a third of a second. */
const SPREAD = 1.5;
const REACH = 4;
const WEIGHTS = Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-0.5 * ((i - REACH) / SPREAD) ** 2));

/** Landmarks as one array [x0, y0, x1, y1, ...], as they are kept for every picture of a video. */
export function flatten(landmarks: readonly Point[]): Float32Array {
  return Float32Array.from(landmarks.flat());
}

/** The mean of one picture's landmarks with its neighbours', without lag: what a steady crop is cut by. */
export function steady(tracks: readonly Float32Array[], index: number): Point[] {
  const [from, to] = [Math.max(0, index - REACH), Math.min(tracks.length - 1, index + REACH)];
  const near = tracks.slice(from, to + 1);
  return blend(near, WEIGHTS.slice(from - index + REACH));
}

/** The mean over all pictures: what a crop is cut by that stays where it is. */
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
