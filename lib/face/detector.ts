import type { NativeSession } from '../binding.js';
import { angleBetween, apply, type Box, type Matrix, type Point } from './geometry.js';
import { runOnPicture, type View } from './network.js';
import type { Pyramid } from './pyramid.js';

/** Side of the detector's input in pixels. */
export const DETECTOR_SIZE = 256;

/** One face that the detector found, in pixels of the picture. */
export interface Detection {
  /** Middle of the square from the brows to the chin. */
  readonly centre: Point;
  /** Side of that square. */
  readonly side: number;
  /** Clockwise turn of the face in radians, from the line of the eyes. */
  readonly angle: number;
  /** The square, not turned. */
  readonly box: Box;
  /** 0..1 */
  readonly score: number;
}

/** A grid of anchors: every cell has `perCell` of them, all at its centre. */
interface AnchorGrid {
  readonly stride: number;
  readonly perCell: number;
}

// BlazeFace (Bazarevsky et al. 2019), back camera: 16 x 16 cells with two anchors, then 8 x 8 with six.
const GRIDS: readonly AnchorGrid[] = [
  { stride: 16, perCell: 2 },
  { stride: 32, perCell: 6 },
];

/** Values per anchor: centre, size, and six points (eyes, nose, mouth, ears), all in pixels. */
const VALUES = 16;

/** Detections that share this much of their area are one face. */
const SAME_FACE = 0.3;
/** A detection of which this much lies within another is a part of that face. */
const PART_OF_FACE = 0.6;

function anchorsOf(grids: readonly AnchorGrid[]): Point[] {
  return grids.flatMap(({ stride, perCell }) => {
    const cells = DETECTOR_SIZE / stride;
    return Array.from({ length: cells * cells * perCell }, (_, i): Point => {
      const cell = Math.floor(i / perCell);
      return [((cell % cells) + 0.5) * stride, (Math.floor(cell / cells) + 0.5) * stride];
    });
  });
}

const ANCHORS = anchorsOf(GRIDS);

/** Intersection over union. */
export function overlap(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return Math.max(width, 0) * Math.max(height, 0);
}

/** Whether two detections show one face: they overlap, or one lies within the other, as a part of a face does that is taken for one. */
function isSameFace({ box: a }: Detection, { box: b }: Detection): boolean {
  const smaller = Math.min(a[2] * a[3], b[2] * b[3]);
  return overlap(a, b) > SAME_FACE || sharedArea(a, b) > PART_OF_FACE * smaller;
}

/** Non-maximum suppression: keeps the detection with the best score for each face; best first. */
export function distinct<D extends Detection>(detections: readonly D[]): D[] {
  const kept: D[] = [];
  for (const candidate of [...detections].sort((a, b) => b.score - a.score))
    if (!kept.some((other) => isSameFace(other, candidate))) kept.push(candidate);
  return kept;
}

/** The detection of one anchor. The network measures from the edge of the view; pixel indices start at pixel centres. */
function decode(values: Float32Array, anchor: number, score: number, toPhoto: Matrix): Detection {
  const [x, y] = ANCHORS[anchor]!;
  const at = (offset: number) => values[anchor * VALUES + offset]!;
  const inPhoto = (dx: number, dy: number) => apply(toPhoto, [x + dx - 0.5, y + dy - 0.5]);
  const centre = inPhoto(at(0), at(1));
  const side = Math.max(at(2), at(3)) * Math.hypot(toPhoto[0], toPhoto[3]);
  return {
    centre,
    side,
    angle: angleBetween(inPhoto(at(4), at(5)), inPhoto(at(6), at(7))),
    box: [centre[0] - side / 2, centre[1] - side / 2, side, side],
    score,
  };
}

/** Finds faces in one view of the picture: BlazeFace on 256 x 256 pixels of -1..1. */
export class Detector {
  readonly #session: NativeSession;

  constructor(session: NativeSession) {
    this.#session = session;
  }

  /** All faces with at least `threshold`, best first. */
  async detect(pyramid: Pyramid, view: View, threshold: number): Promise<Detection[]> {
    const picture = await pyramid.render(view.toPhoto, DETECTOR_SIZE);
    const range = { scale: 1 / 127.5, offset: -1 };
    const { scores, boxes } = await runOnPicture(this.#session, 'input', picture, range);
    const found: Detection[] = [];
    scores!.forEach((score, anchor) => {
      if (score >= threshold) found.push(decode(boxes!, anchor, score, view.toPhoto));
    });
    return distinct(found);
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}
