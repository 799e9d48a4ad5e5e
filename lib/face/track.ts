import { KdtalkerError } from '../errors.js';
import type { Picture } from '../picture.js';
import type { Face } from './faces.js';
import type { FindOptions } from './options.js';

/** Seconds in which a face may be hidden or turned away before it counts as gone. */
const LONGEST_GAP = 1;

/** The part of a FaceFinder that tracking uses. */
export interface SharedFinder {
  find(picture: Picture, options: FindOptions): Promise<Face>;
}

const AT_FIRST = 'in the first second of the video';

/** Which face to follow, chosen in the first picture that has one. */
export type TrackOptions = Pick<FindOptions, 'face' | 'box' | 'signal'>;

/**
 * Follows one face through the pictures of a video. It searches each picture until a face appears, then near the last position.
 * While the face is hidden, it searches the whole picture and keeps the last position.
 */
export class FaceTracker {
  readonly #finder: SharedFinder;
  readonly #options: TrackOptions;
  readonly #longestGap: number;
  #last: Face | undefined;
  #count = 0;
  #missed = 0;
  /** Why no face has been found so far. */
  #none: KdtalkerError | undefined;

  /** @param fps pictures per second */
  constructor(finder: SharedFinder, fps: number, options: TrackOptions) {
    this.#finder = finder;
    this.#options = options;
    this.#longestGap = LONGEST_GAP * fps;
  }

  /**
   * The face in the next picture; undefined before the first picture with a face (a film may fade in).
   *
   * @throws KdtalkerError NO_FACE when too many pictures in a row have no face; otherwise as {@link FaceFinder.find}
   */
  async next(picture: Picture): Promise<Face | undefined> {
    const index = this.#count++;
    const known = this.#last;
    this.#last = known ? await this.#follow(picture, known, index) : await this.#first(picture);
    return this.#last;
  }

  /** @throws KdtalkerError NO_FACE when no picture had a face */
  finish(): void {
    if (this.#last === undefined && this.#none !== undefined) throw gone(AT_FIRST, this.#none);
  }

  async #first(picture: Picture): Promise<Face | undefined> {
    try {
      return await this.#finder.find(picture, this.#options);
    } catch (error) {
      if (!isNoFace(error)) throw error;
      if (this.#count > this.#longestGap) throw gone(AT_FIRST, error);
      this.#none = error;
      return undefined;
    }
  }

  async #follow(picture: Picture, last: Face, index: number): Promise<Face> {
    const { signal, face } = this.#options;
    for (const options of [
      { box: last.box, signal },
      { face, signal },
    ]) {
      try {
        const found = seen(await this.#finder.find(picture, options));
        this.#missed = 0;
        return found;
      } catch (error) {
        if (!isLost(error)) throw error;
        if (this.#missed >= this.#longestGap && !options.box)
          throw gone(`in the video again after picture ${index - this.#missed - 1}`, error);
      }
    }
    this.#missed += 1;
    return last;
  }
}

/** A face that is only guessed from its box is not followed. @throws KdtalkerError NO_FACE */
export function seen(face: Face): Face {
  if (!face.guessed) return face;
  throw new KdtalkerError('NO_FACE', 'Expected a face where it was last but received none');
}

function isNoFace(error: unknown): error is KdtalkerError {
  return error instanceof KdtalkerError && error.code === 'NO_FACE';
}

/** Whether an error means that the face is absent, too small to find, or outside the picture. */
export function isLost(error: unknown): boolean {
  const codes = ['NO_FACE', 'PICTURE_TOO_SMALL', 'INVALID_ARGUMENT'];
  return error instanceof KdtalkerError && codes.includes(error.code);
}

function gone(where: string, cause: KdtalkerError | unknown): KdtalkerError {
  const said = (cause as Error).message.replace(' for the portrait', '');
  return new KdtalkerError('NO_FACE', `Expected a face ${where}: ${said}`, { cause });
}
