import { KdtalkerError } from '../errors.js';
import type { Picture } from '../picture.js';
import type { Box, Point } from './geometry.js';
import type { MeshPoint } from './landmarks.js';
import type { FaceChoice } from './options.js';

/** A face that networks found. Positions are pixel indices of the picture and may lie outside it. */
export interface FoundFace {
  readonly box: Box;
  /** 0..1 */
  readonly score: number;
  /** 468 points of MediaPipe's mesh. */
  readonly mesh?: readonly MeshPoint[];
  /** 68 points in the order of iBUG 300-W. */
  readonly landmarks68: readonly Point[];
  /** No network knows it: a mean face in the caller's box. */
  readonly guessed?: boolean;
  /** 106 points of InsightFace. */
  readonly landmarks106?: readonly Point[];
}

/** Which face to look for, and the signal that ends the search. */
export interface Search {
  readonly face: FaceChoice;
  readonly signal?: AbortSignal | undefined;
}

/** Networks that find faces and their landmarks. The arguments have been validated. */
export interface Finder {
  /** Returns the chosen face of the picture. Throws NO_FACE, PICTURE_TOO_SMALL, ABORTED. */
  search(picture: Picture, search: Search): Promise<FoundFace>;
  /** Returns the face in a given box; its score is 1. Throws NO_FACE, PICTURE_TOO_SMALL. */
  inBox(picture: Picture, box: Box): Promise<FoundFace>;
  close(): Promise<void>;
}

const WAYS_OUT = "use another picture, give box or landmarks, or use the crop 'none'";

/** The error for a search that found nothing good enough. */
export function noFace(expected: string, best: number, needed: number): KdtalkerError {
  const score = `best score ${best.toFixed(2)}, needed ${needed.toFixed(2)}`;
  return new KdtalkerError(
    'NO_FACE',
    `Expected ${expected} for the portrait but received none (${score}); ${WAYS_OUT}`,
  );
}

/** The properties of a face that decide the choice. */
export interface FaceLook {
  readonly area: number;
  readonly centre: Point;
}

/** Returns the chosen face. Throws NO_FACE for an index that is too high. `found` must not be empty. */
export function chooseFace<F>(
  found: readonly F[],
  choice: FaceChoice,
  picture: Picture,
  look: (face: F) => FaceLook,
): F {
  const faces = [...found].sort((a, b) => look(b).area - look(a).area);
  if (choice === 'center') return nearest(faces, [picture.width / 2, picture.height / 2], look);
  const face = faces[choice === 'largest' ? 0 : choice];
  if (face !== undefined) return face;
  const count = faces.length === 1 ? '1 face' : `${faces.length} faces`;
  throw new KdtalkerError(
    'NO_FACE',
    `Expected an index below ${faces.length} for face but received ${choice}: the picture has ${count}; 0 is the largest`,
  );
}

function nearest<F>(faces: readonly F[], [x, y]: Point, look: (face: F) => FaceLook): F {
  const distance = (face: F) => Math.hypot(look(face).centre[0] - x, look(face).centre[1] - y);
  return faces.reduce((best, face) => (distance(face) < distance(best) ? face : best));
}

/** Opens a second resource beside `first`; closes `first` when that fails. */
export async function openBeside<T>(first: { close(): Promise<void> }, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await first.close();
    throw error;
  }
}
