import type { Face } from '../../face/faces.js';
import type { FindOptions } from '../../face/options.js';
import { isLost, type SharedFinder, seen } from '../../face/track.js';
import type { Picture } from '../../picture.js';

/** Finds the largest face in the pictures of a video, near its last place first. A picture may have none. */
export class FaceFollower {
  readonly #finder: SharedFinder;
  readonly #signal: AbortSignal | undefined;
  #last: Face | undefined;

  constructor(finder: SharedFinder, signal: AbortSignal | undefined) {
    this.#finder = finder;
    this.#signal = signal;
  }

  /** The face in the next picture; undefined if none is found. @throws as FaceFinder.find, except for faces that are not there */
  async next(picture: Picture): Promise<Face | undefined> {
    const near = this.#last && (await this.#find(picture, { box: this.#last.box }));
    this.#last = near ?? (await this.#find(picture, { face: 'largest' }));
    return this.#last;
  }

  async #find(picture: Picture, options: FindOptions): Promise<Face | undefined> {
    try {
      return seen(await this.#finder.find(picture, { ...options, signal: this.#signal }));
    } catch (error) {
      if (isLost(error)) return undefined;
      throw error;
    }
  }
}
