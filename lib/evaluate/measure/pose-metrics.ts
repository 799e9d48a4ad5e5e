import type { Picture } from '../../picture.js';
import type { FaceToCut } from '../../talker/portrait/cut.js';
import type { Talker } from '../../talker/talker.js';
import { type Measured, measured } from '../metrics.js';

/** The first number of the pose, and how many there are: yaw, pitch and roll in degrees. */
const [FIRST, AXES] = [1, 3];

/** How the head turns, as a pack's motion network sees it. All pictures are cut to the square of the first one with a face. */
export class PoseMetrics {
  readonly #talker: Talker;
  readonly #signal: AbortSignal | undefined;
  readonly #sums = new Float64Array(AXES);
  readonly #squares = new Float64Array(AXES);
  #square: FaceToCut | undefined;
  #count = 0;

  constructor(talker: Talker, signal: AbortSignal | undefined) {
    this.#talker = talker;
    this.#signal = signal;
  }

  async add(picture: Picture, face: FaceToCut | undefined): Promise<void> {
    this.#square ??= face;
    if (!face || !this.#square) return;
    const motion = await this.#talker.pictureMotion(picture, this.#square, this.#signal);
    for (let axis = 0; axis < AXES; axis++) {
      const degrees = motion[FIRST + axis]!;
      this.#sums[axis]! += degrees;
      this.#squares[axis]! += degrees * degrees;
    }
    this.#count += 1;
  }

  result(): Measured {
    const deviations = this.#sums.map((sum, axis) => {
      const variance = this.#squares[axis]! / this.#count - (sum / this.#count) ** 2;
      return Math.sqrt(Math.max(variance, 0));
    });
    return measured(deviations.reduce((sum, value) => sum + value, 0) / AXES, 'no face was found');
  }
}
