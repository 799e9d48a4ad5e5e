import { LIPS } from './lists.js';
import { distance, type FaceMesh } from './mesh.js';

/** The side of the picture to which positions are scaled, so that sizes of videos do not matter. */
const SIDE = 256;

/**
 * THEval's lip dynamics: for each pair of 40 lip points the deviation over time of their distance, in pixels of a picture of 256x256; the
 * mean over pairs. Running sums, so that memory does not depend on the number of frames.
 */
export class LipDynamics {
  readonly #origin = new Float64Array((LIPS.length * (LIPS.length - 1)) / 2);
  readonly #sums = new Float64Array(this.#origin.length);
  readonly #squares = new Float64Array(this.#origin.length);
  #count = 0;

  /** @param size of the picture in which the mesh was found */
  add(mesh: FaceMesh, { width, height }: { width: number; height: number }): void {
    const points = LIPS.map((i) => [(mesh[i]![0] * SIDE) / width, (mesh[i]![1] * SIDE) / height] as const);
    let pair = 0;
    for (let a = 0; a < points.length; a++) {
      for (let b = a + 1; b < points.length; b++) this.#addPair(pair++, distance(points[a]!, points[b]!));
    }
    this.#count += 1;
  }

  #addPair(pair: number, length: number): void {
    if (this.#count === 0) this.#origin[pair] = length;
    const change = length - this.#origin[pair]!;
    this.#sums[pair]! += change;
    this.#squares[pair]! += change * change;
  }

  /** NaN before the first frame. */
  value(): number {
    const count = this.#count;
    const sum = this.#sums.reduce((total, change, pair) => {
      const variance = this.#squares[pair]! / count - (change / count) ** 2;
      return total + Math.sqrt(Math.max(variance, 0));
    }, 0);
    return count === 0 ? Number.NaN : sum / this.#sums.length;
  }
}
