import { KdtalkerError } from '../errors.js';
import type { Picture } from '../picture.js';
import type { Face } from './faces.js';
import type { FindOptions } from './options.js';

/** Seconds in which a face may be hidden or turned away before it counts as gone. */
const LONGEST_GAP = 1;

/** What looks for faces: a FaceFinder, or who shares one. */
export interface SharedFinder {
  find(picture: Picture, options: FindOptions): Promise<Face>;
}

const AT_FIRST = 'in the first second of the video';

/** Which face of a video's first picture with one is followed. */
export type TrackOptions = Pick<FindOptions, 'face' | 'box' | 'signal'>;

/**
 * Follows one face through the pictures of a video: looked for until it is there first, then where it was in the picture before. Where
 * it cannot be seen it is looked for everywhere, and taken to be where it was until then.
 */
export class FaceTracker {
  readonly #finder: SharedFinder;
  readonly #options: TrackOptions;
  readonly #longestGap: number;
  #last: Face | undefined;
  #count = 0;
  #missed = 0;
  /** Why the pictures so far had none. */
  #none: KdtalkerError | undefined;

  /** @param fps pictures a second */
  constructor(finder: SharedFinder, fps: number, options: TrackOptions) {
    this.#finder = finder;
    this.#options = options;
    this.#longestGap = LONGEST_GAP * fps;
  }

  /**
   * The face in the next picture; undefined before the first picture that has one, which a film that fades in begins with.
   *
   * @throws KdtalkerError NO_FACE where too many in a row have none; as {@link FaceFinder.find}
   */
  async next(picture: Picture): Promise<Face | undefined> {
    const index = this.#count++;
    const known = this.#last;
    this.#last = known ? await this.#follow(picture, known, index) : await this.#first(picture);
    return this.#last;
  }

  /** @throws KdtalkerError NO_FACE where no picture had one */
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
        const found = await this.#finder.find(picture, options);
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

function isNoFace(error: unknown): error is KdtalkerError {
  return error instanceof KdtalkerError && error.code === 'NO_FACE';
}

/** Not there, too far away to be seen, or outside the picture by now. */
function isLost(error: unknown): boolean {
  const codes = ['NO_FACE', 'PICTURE_TOO_SMALL', 'INVALID_ARGUMENT'];
  return error instanceof KdtalkerError && codes.includes(error.code);
}

function gone(where: string, cause: KdtalkerError | unknown): KdtalkerError {
  const said = (cause as Error).message.replace(' for the portrait', '');
  return new KdtalkerError('NO_FACE', `Expected a face ${where}: ${said}`, { cause });
}
