import { FACE_SHAPES } from '../packs/faces.js';
import type { Picture } from '../picture.js';
import { type Box, resizedToOriginal } from './geometry.js';
import { FaceNetwork } from './network.js';
import { warp } from './resample.js';

/** Side of the detector's input in pixels. */
const SIDE = FACE_SHAPES.detector.side;
const STRIDES = [8, 16, 32] as const;
const ANCHORS = 2;
/** Rows of the outputs for each stride: two anchors per cell. */
const ROWS = STRIDES.map((stride) => ANCHORS * (SIDE / stride) ** 2);
/** Lowest score that counts as a face. */
export const SCRFD_THRESHOLD = 0.5;
/** Overlap above which two boxes show the same face. */
const SAME_FACE = 0.4;
const RANGE = { scale: 1 / 128, offset: -127.5 / 128 } as const;

/** A face that SCRFD found. */
export interface ScrfdFace {
  /** Left, top, width, height in pixel indices of the picture; may reach beyond it. */
  readonly box: Box;
  /** 0..1 */
  readonly score: number;
}

/** The result of one detection. */
export interface ScrfdSight {
  /** Faces with a high enough score, largest first. */
  readonly faces: readonly ScrfdFace[];
  /** The best score of all, 0..1. */
  readonly best: number;
}

/** Intersection over union of boxes that include their last pixels, as in the published code: width + 1 by height + 1. */
export function pixelOverlap(a: Box, b: Box): number {
  const area = ([, , width, height]: Box) => (width + 1) * (height + 1);
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]) + 1;
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]) + 1;
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (area(a) + area(b) - shared);
}

/** Non-maximum suppression: keeps the box with the best score for each face, largest first. */
function distinctFaces(faces: readonly ScrfdFace[]): ScrfdFace[] {
  const kept: ScrfdFace[] = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score))
    if (kept.every(({ box }) => pixelOverlap(box, face.box) <= SAME_FACE)) kept.push(face);
  return kept.sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
}

/**
 * The faces in the detector's outputs: for strides 8, 16 and 32 the scores [rows], then the distances [rows, 4] from the cell's
 * corner to the left, top, right and bottom side in strides. The five points that follow are ignored: the landmarks are better.
 *
 * @param factor size of the detector's picture divided by the size of the picture
 */
export function decodeScrfd(outputs: readonly Float32Array[], factor: number): ScrfdSight {
  const faces: ScrfdFace[] = [];
  let best = 0;
  STRIDES.forEach((stride, level) => {
    outputs[level]!.forEach((score, row) => {
      if (score > best) best = score;
      if (!(score >= SCRFD_THRESHOLD)) return;
      const box = boxOf(outputs[STRIDES.length + level]!, row, stride, factor);
      if (box.every(Number.isFinite)) faces.push({ box, score });
    });
  });
  return { faces: distinctFaces(faces), best };
}

function boxOf(distances: Float32Array, row: number, stride: number, factor: number): Box {
  const cell = Math.floor(row / ANCHORS);
  const across = SIDE / stride;
  const [x, y] = [(cell % across) * stride, Math.floor(cell / across) * stride];
  const [left, top, right, bottom] = [0, 1, 2, 3].map((side) => distances[4 * row + side]! * stride) as [
    number,
    number,
    number,
    number,
  ];
  return [(x - left) / factor, (y - top) / factor, (left + right) / factor, (top + bottom) / factor];
}

/**
 * The size of a picture inside the detector's square, with its aspect ratio kept, and the divisor for boxes. As published, the divisor
 * is the scale of the height, although the other side is cut to whole pixels.
 */
export function scrfdFit(width: number, height: number): { width: number; height: number; factor: number } {
  const shape = height / width;
  const [across, down] = shape > 1 ? [Math.trunc(SIDE / shape), SIDE] : [SIDE, Math.trunc(SIDE * shape)];
  const fitted = { width: Math.max(across, 1), height: Math.max(down, 1) };
  return { ...fitted, factor: fitted.height / height };
}

/**
 * Finds the faces of a picture: SCRFD (Guo et al. 2021, "Sample and Computation Redistribution for Efficient Face Detection"),
 * det_10g.onnx of InsightFace, as LivePortrait uses it (docs/model.md 13).
 */
export class Scrfd {
  readonly #network: FaceNetwork;

  private constructor(network: FaceNetwork) {
    this.#network = network;
  }

  /** Throws PACK_DAMAGED when the file is not such a network. */
  static async open(file: string, threads: number): Promise<Scrfd> {
    return new Scrfd(await FaceNetwork.open('detector', file, threads));
  }

  async detect(picture: Picture): Promise<ScrfdSight> {
    const { width, height, factor } = scrfdFit(picture.width, picture.height);
    const matrix = resizedToOriginal(width / picture.width, height / picture.height);
    const fitted = await warp(picture, matrix, width, height, 'replicate');
    const rows = [...ROWS, ...ROWS, ...ROWS];
    return decodeScrfd(await this.#network.run(onBlack(fitted), RANGE, rows), factor);
  }

  async close(): Promise<void> {
    await this.#network.close();
  }
}

/** The picture at the top left of a black square. */
function onBlack({ data, width, height }: Picture): Picture {
  const square = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < height; y++)
    square.set(data.subarray(y * width * 3, (y + 1) * width * 3), y * SIDE * 3);
  return { data: square, width: SIDE, height: SIDE };
}
