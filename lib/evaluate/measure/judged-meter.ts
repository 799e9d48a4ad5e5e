import type { Face } from '../../face/faces.js';
import type { Picture } from '../../picture.js';
import type { Measurements } from '../metrics.js';

/** Measures a video frame by frame with judges. Memory does not depend on its length. */
export interface JudgedMeter {
  /** @param face as our own detector sees it */
  add(picture: Picture, face: Face | undefined): Promise<void>;
  result(): Promise<Judged>;
  /** Ends what is open; a file that it writes is dropped unless `result` was called. */
  close(): Promise<void>;
}

/** What a meter measured, and what is to be said of it. */
export interface Judged {
  readonly measurements: Measurements;
  readonly notes?: readonly string[];
}
