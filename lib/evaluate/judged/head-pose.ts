import type { Face } from '../../face/faces.js';
import { add, length, mean, type Point, scale, subtract } from '../../face/geometry.js';
import { cut } from '../../face/resample.js';
import type { JudgeSession } from '../../packs/judges/session.js';
import type { Picture } from '../../picture.js';
import type { FaceBox } from '../sync/face-tracks.js';
import { poseRectangle, poseSquare } from './hopenet-crop.js';
import type { MmodFinder } from './mmod-finder.js';
import { planesOf } from './planes.js';

/** Statistics of ImageNet's pictures. */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;
/** The confidence from which dlib's faces count. */
const SURE = 1;
/** The box without dlib: twice the eyes' distance wide, a little from the eyes towards the mouth. */
const [WIDTH, DOWN] = [2, 0.15];

/** Hopenet's raw values for a face, 66 bins each. */
export interface PoseLogits {
  readonly yaw: Float32Array;
  readonly pitch: Float32Array;
  readonly roll: Float32Array;
}

/** Hopenet, with dlib's detector where there is one. */
export class HeadPose {
  readonly #session: JudgeSession;
  readonly #finder: MmodFinder | undefined;

  constructor(session: JudgeSession, finder: MmodFinder | undefined) {
    this.#session = session;
    this.#finder = finder;
  }

  /** @param face as our own detector sees it. @returns undefined if there is no face, or none that lies in the picture */
  async see(picture: Picture, face: Face | undefined): Promise<PoseLogits | undefined> {
    const box = this.#finder ? await this.#sureBox(picture, this.#finder) : face && poseBox(face.landmarks68);
    if (!box) return undefined;
    const [left, top, right, bottom] = poseRectangle(box, picture);
    if (right <= left || bottom <= top) return undefined;
    const square = poseSquare(cut(picture, { left, top, right, bottom }));
    const normalised = (value: number, c: number) => (value / 255 - MEAN[c]!) / DEVIATION[c]!;
    const { yaw, pitch, roll } = await this.#session.run({ face: planesOf(square, normalised) });
    const [a, b, c] = [yaw, pitch, roll].map((tensor) => tensor!.data as Float32Array);
    return { yaw: a!, pitch: b!, roll: c! };
  }

  async #sureBox(picture: Picture, finder: MmodFinder): Promise<FaceBox | undefined> {
    const [best] = await finder.findEnlarged(picture);
    return best && best.confidence > SURE ? best.box : undefined;
  }
}

/** A box like dlib's around 68 points of a face. */
function poseBox(points: readonly Point[]): FaceBox {
  const [one, other] = [mean(points.slice(36, 42)), mean(points.slice(42, 48))];
  const eyes = mean([one, other]);
  const mouth = mean([points[48]!, points[54]!]);
  const [x, y] = add(eyes, scale(subtract(mouth, eyes), DOWN));
  const half = (WIDTH * length(subtract(one, other))) / 2;
  return [x - half, y - half, x + half, y + half];
}
