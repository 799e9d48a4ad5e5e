import { FACE_SHAPES } from '../packs/faces.js';
import type { Picture } from '../picture.js';
import { apply, type Box, type Matrix, type Point } from './geometry.js';
import { FaceNetwork } from './network.js';
import { pointsOf } from './points.js';
import { warp } from './resample.js';

const SIDE = FACE_SHAPES.landmarks106.side;
/** Side of the view, as a multiple of the box's longer side. */
const MARGIN = 1.5;

/** Indices of the network's view to indices of the picture: the middle of the box lies on index 96. */
export function boxToPhoto([left, top, width, height]: Box): Matrix {
  const step = (MARGIN * Math.max(width, height)) / SIDE;
  const [x, y] = [left + width / 2, top + height / 2];
  return [step, 0, x - (step * SIDE) / 2, 0, step, y - (step * SIDE) / 2];
}

/** Finds InsightFace's 106 points of a face (2d106det.onnx), as LivePortrait uses it: docs/model.md 13. */
export class Landmarks106 {
  readonly #network: FaceNetwork;

  private constructor(network: FaceNetwork) {
    this.#network = network;
  }

  /** Throws PACK_DAMAGED when the file is not such a network. */
  static async open(file: string, threads: number): Promise<Landmarks106> {
    return new Landmarks106(await FaceNetwork.open('landmarks106', file, threads));
  }

  /** The 106 points of the face in a box, in pixel indices of the picture. */
  async find(picture: Picture, box: Box): Promise<Point[]> {
    const toPhoto = boxToPhoto(box);
    const view = await warp(picture, toPhoto, SIDE, SIDE, 'black');
    const [values] = await this.#network.run(view, { scale: 1, offset: 0 });
    return pointsOf(values!).map(([x, y]) => apply(toPhoto, [((x + 1) * SIDE) / 2, ((y + 1) * SIDE) / 2]));
  }

  async close(): Promise<void> {
    await this.#network.close();
  }
}
