import type { Face } from '../../face/faces.js';
import { invert, type Matrix, mean, type Point } from '../../face/geometry.js';
import { warp } from '../../face/resample.js';
import type { JudgeSession } from '../../packs/judges/session.js';
import type { Picture } from '../../picture.js';
import { planesOf } from './planes.js';

/** Numbers of an embedding, and the side of the pictures that it is made of. */
export const EMBEDDED = 512;
const SIDE = 112;
const HALF = 127.5;

/** ArcFace: who is in a picture. */
export class Identity {
  readonly #session: JudgeSession;

  constructor(session: JudgeSession) {
    this.#session = session;
  }

  /** The embedding [512] of a face. */
  async see(picture: Picture, { landmarks68 }: Pick<Face, 'landmarks68'>): Promise<Float32Array> {
    const toPicture = invert(identityAlignment(fivePoints(landmarks68)));
    const aligned = await warp(picture, toPicture, SIDE, SIDE, 'black');
    const face = planesOf(aligned, (value) => (value - HALF) / HALF);
    const { embedding } = await this.#session.run({ face });
    return embedding!.data as Float32Array;
  }
}

/** Eyes, nose and corners of the mouth of 68 points. */
function fivePoints(points: readonly Point[]): Point[] {
  return [mean(points.slice(36, 42)), mean(points.slice(42, 48)), points[30]!, points[48]!, points[54]!];
}

/** Where InsightFace's networks expect eyes, nose and corners of the mouth in a picture of 112x112. */
const TEMPLATE: readonly Point[] = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

/** The similarity that maps five points of a face to the template by least squares; row-major 2x3, from picture to template. */
export function identityAlignment(points: readonly Point[]): Matrix {
  const [from, to] = [centreOf(points), centreOf(TEMPLATE)];
  let [along, across, square] = [0, 0, 0];
  points.forEach(([x, y], i) => {
    const [px, py] = [x - from[0], y - from[1]];
    const [qx, qy] = [TEMPLATE[i]![0] - to[0], TEMPLATE[i]![1] - to[1]];
    along += px * qx + py * qy;
    across += px * qy - py * qx;
    square += px * px + py * py;
  });
  const [a, b] = [along / square, across / square];
  return [a, -b, to[0] - a * from[0] + b * from[1], b, a, to[1] - b * from[0] - a * from[1]];
}

function centreOf(points: readonly Point[]): Point {
  const sum = (axis: 0 | 1) => points.reduce((total, point) => total + point[axis], 0);
  return [sum(0) / points.length, sum(1) / points.length];
}

/** The cosine of the angle between two embeddings: 1 is the same person. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return ab / Math.sqrt(aa * bb);
}
