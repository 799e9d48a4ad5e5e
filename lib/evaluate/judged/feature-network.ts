import type { JudgeSession } from '../../packs/judges/session.js';
import type { Picture } from '../../picture.js';
import { planesOf } from './planes.js';

/** Features of a picture. */
export const FEATURES = 2048;

/** FID's Inception. */
export class FeatureNetwork {
  readonly #session: JudgeSession;

  constructor(session: JudgeSession) {
    this.#session = session;
  }

  /** The features [2048] of a picture of any size. */
  async see(picture: Picture): Promise<Float32Array> {
    const { pool3 } = await this.#session.run({ picture: planesOf(picture, (value) => value / 255) });
    return pool3!.data as Float32Array;
  }
}
