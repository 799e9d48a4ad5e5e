import { FACE_SHAPES } from '../packs/faces.js';
import type { Picture } from '../picture.js';
import { type Framing, liveportraitToPhoto } from './crop/liveportrait.js';
import { apply, type Point } from './geometry.js';
import { FaceNetwork } from './network.js';
import { pointsOf } from './points.js';
import { warp } from './resample.js';

const SIDE = FACE_SHAPES.landmarks203.side;
const FRAMING: Framing = { enlargement: 1.5, shiftDown: -0.1 };
/** The points are the network's third output. */
const POINTS = 2;

/** Finds LivePortrait's 203 points of a face whose coarser landmarks are known (landmark.onnx): docs/model.md 13. */
export class Landmarks203 {
  readonly #network: FaceNetwork;

  private constructor(network: FaceNetwork) {
    this.#network = network;
  }

  /** Throws PACK_DAMAGED when the file is not such a network. */
  static async open(file: string, threads: number): Promise<Landmarks203> {
    return new Landmarks203(await FaceNetwork.open('landmarks203', file, threads));
  }

  /**
   * The 203 points in pixel indices of the picture.
   *
   * @param landmarks 106 points as published, or 68; in a video, the 203 points of the previous frame also work
   */
  async find(picture: Picture, landmarks: readonly Point[]): Promise<Point[]> {
    const toPhoto = liveportraitToPhoto(landmarks, SIDE, FRAMING);
    const view = await warp(picture, toPhoto, SIDE, SIDE, 'black');
    const outputs = await this.#network.run(view, { scale: 1 / 255, offset: 0 });
    return pointsOf(outputs[POINTS]!).map(([x, y]) => apply(toPhoto, [x * SIDE, y * SIDE]));
  }

  async close(): Promise<void> {
    await this.#network.close();
  }
}
