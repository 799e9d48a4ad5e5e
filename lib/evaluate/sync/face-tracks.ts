import type { Box } from '../../face/geometry.js';
import { medianFilter } from '../arithmetic/median-filter.js';
import { mean } from '../arithmetic/statistics.js';

/** Left, top, right, bottom of a face in pixels. */
export type FaceBox = readonly [left: number, top: number, right: number, bottom: number];

/** The box of a face, which has left, top, width and height. */
export function boxOf([left, top, width, height]: Box): FaceBox {
  return [left, top, left + width, top + height];
}

/** A face through consecutive frames of a video. */
export interface FaceTrack {
  readonly first: number;
  readonly boxes: readonly FaceBox[];
}

/** How much a face overlaps with its last box, and the most frames between the two. */
export const LEAST_OVERLAP = 0.5;
export const LONGEST_GAP = 25;
/** Tracks must be longer than this, or than half of a shorter clip. */
export const SHORTEST = 100;
/** Pixels of the mean side over which a face counts. */
export const LEAST_SIDE = 100;

/** The published program's longest track of a face; undefined if there is none. @param frames boxes in each frame */
export function longestTrack(frames: readonly (readonly FaceBox[])[]): FaceTrack | undefined {
  const open = frames.map((boxes) => [...boxes]);
  const needed = Math.min(SHORTEST, frames.length / 2);
  let longest: FaceTrack | undefined;
  for (let track = takeTrack(open); track !== undefined; track = takeTrack(open)) {
    if (track.boxes.length <= needed || meanSide(track) <= LEAST_SIDE) continue;
    if (track.boxes.length > (longest?.boxes.length ?? 0)) longest = track;
  }
  return longest;
}

/** Takes the first face that is left, and those that continue it, out of the frames. */
function takeTrack(open: FaceBox[][]): FaceTrack | undefined {
  const found: { frame: number; box: FaceBox }[] = [];
  for (const [frame, boxes] of open.entries()) {
    const last = found.at(-1);
    if (last && frame - last.frame > LONGEST_GAP) break;
    const index = last ? boxes.findIndex((box) => overlap(box, last.box) > LEAST_OVERLAP) : 0;
    if (index < 0 || boxes.length === 0) continue;
    found.push({ frame, box: boxes.splice(index, 1)[0]! });
  }
  return found.length === 0 ? undefined : withoutGaps(found);
}

/** Boxes between two found ones lie on a line. */
function withoutGaps(found: readonly { frame: number; box: FaceBox }[]): FaceTrack {
  const boxes: FaceBox[] = [];
  found.forEach(({ frame, box }, i) => {
    const next = found[i + 1];
    const steps = next ? next.frame - frame : 1;
    for (let step = 0; step < steps; step++)
      boxes.push(
        box.map((side, k) => side + ((next?.box[k] ?? side) - side) * (step / steps)) as unknown as FaceBox,
      );
  });
  return { first: found[0]!.frame, boxes };
}

/** The share of two boxes' area that they have in common. */
export function overlap(a: FaceBox, b: FaceBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(width, 0) * Math.max(height, 0);
  const area = ([left, top, right, bottom]: FaceBox) => (right - left) * (bottom - top);
  return shared / (area(a) + area(b) - shared);
}

function meanSide({ boxes }: FaceTrack): number {
  const width = mean(boxes.map((box) => box[2] - box[0]));
  return Math.max(width, mean(boxes.map((box) => box[3] - box[1])));
}

/** Position and size of a face in each frame of a track, smoothed: half of the longer side, and the centre. */
export interface SmoothTrack {
  readonly size: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Boxes over which one is smoothed. */
export const SMOOTHING = 13;

export function smoothTrack(boxes: readonly FaceBox[]): SmoothTrack {
  const smooth = (value: (box: FaceBox) => number) => medianFilter(boxes.map(value), SMOOTHING);
  return {
    size: smooth(([left, top, right, bottom]) => Math.max(bottom - top, right - left) / 2),
    x: smooth(([left, , right]) => (left + right) / 2),
    y: smooth(([, top, , bottom]) => (top + bottom) / 2),
  };
}
