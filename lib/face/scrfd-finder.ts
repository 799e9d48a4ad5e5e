import { throwIfAborted } from '../errors.js';
import type { Picture } from '../picture.js';
import { chooseFace, type Finder, type FoundFace, noFace, openBeside, type Search } from './finder.js';
import type { Box } from './geometry.js';
import { ibug68Of106 } from './ibug68.js';
import { Landmarks106 } from './landmarks106.js';
import { checkFaceSize } from './options.js';
import { SCRFD_THRESHOLD, Scrfd, type ScrfdFace } from './scrfd.js';

/** Finds faces as the published inference does, with the pack's InsightFace networks. */
export class ScrfdFinder implements Finder {
  readonly #detector: Scrfd;
  readonly #landmarks: Landmarks106;

  private constructor(detector: Scrfd, landmarks: Landmarks106) {
    this.#detector = detector;
    this.#landmarks = landmarks;
  }

  /** Opens det_10g.onnx and 2d106det.onnx. Throws PACK_DAMAGED when a file is not such a network. */
  static async open(detector: string, landmarks106: string, threads: number): Promise<ScrfdFinder> {
    const scrfd = await Scrfd.open(detector, threads);
    return new ScrfdFinder(scrfd, await openBeside(scrfd, () => Landmarks106.open(landmarks106, threads)));
  }

  async search(picture: Picture, { face, signal }: Search): Promise<FoundFace> {
    const { faces, best } = await this.#detector.detect(picture);
    throwIfAborted(signal, 'Looking for faces');
    if (faces.length === 0) throw noFace('a face', best, SCRFD_THRESHOLD);
    const { box, score } = chooseFace(faces, face, picture, lookOf);
    checkFaceSize(box, 'the face');
    return this.#describe(picture, box, score);
  }

  /** The landmark network needs only a box; it does not say whether the box contains a face. */
  async inBox(picture: Picture, box: Box): Promise<FoundFace> {
    checkFaceSize(box, 'the box');
    const [x, y, width, height] = box;
    // A box is measured at pixel edges, a position at pixel centres.
    return this.#describe(picture, [x - 0.5, y - 0.5, width, height], 1);
  }

  async #describe(picture: Picture, box: Box, score: number): Promise<FoundFace> {
    const landmarks106 = await this.#landmarks.find(picture, box);
    return { box, score, landmarks68: ibug68Of106(landmarks106), landmarks106 };
  }

  async close(): Promise<void> {
    await Promise.all([this.#detector.close(), this.#landmarks.close()]);
  }
}

function lookOf({ box: [x, y, width, height] }: ScrfdFace) {
  return { area: width * height, centre: [x + width / 2, y + height / 2] as const };
}
