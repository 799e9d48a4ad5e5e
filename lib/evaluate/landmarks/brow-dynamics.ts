import { LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE } from './lists.js';
import { centreOf, distance, type FaceMesh } from './mesh.js';

/**
 * THEval's eyebrow dynamics: how much the height of the brows over the eyes, relative to the distance of the eyes, changes from frame to
 * frame; the mean of both sides.
 */
export class BrowDynamics {
  #last: readonly [left: number, right: number] | undefined;
  #sum = 0;
  #count = 0;

  add(mesh: FaceMesh): void {
    const heights = heightsOf(mesh);
    if (this.#last) {
      this.#sum += Math.abs(heights[0] - this.#last[0]) + Math.abs(heights[1] - this.#last[1]);
      this.#count += 2;
    }
    this.#last = heights;
  }

  /** A frame without a face lies between: the next one is not compared with the last. */
  interrupt(): void {
    this.#last = undefined;
  }

  /** NaN before the second frame. */
  value(): number {
    return this.#sum / this.#count;
  }
}

function heightsOf(mesh: FaceMesh): [left: number, right: number] {
  const [left, right] = [centreOf(mesh, LEFT_EYE), centreOf(mesh, RIGHT_EYE)];
  const apart = distance(left, right);
  return [
    distance(centreOf(mesh, LEFT_BROW), left) / apart,
    distance(centreOf(mesh, RIGHT_BROW), right) / apart,
  ];
}
