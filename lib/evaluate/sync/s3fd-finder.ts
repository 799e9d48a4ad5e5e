import { resizedToOriginal, rint } from '../../face/geometry.js';
import { warp } from '../../face/resample.js';
import type { JudgeSession } from '../../packs/judges/session.js';
import type { Picture } from '../../picture.js';
import { planesOf } from '../judged/planes.js';
import { type ScoredFace, s3fdFaces, s3fdPriors } from './s3fd-faces.js';

/** The part of a frame's size that the network sees, as the published program has it. */
const SHARE = 0.25;
const MEAN = [123, 117, 104] as const;
/** The least side of what it sees: smaller ones vanish in its layers. Their faces would be too small to count. */
const LEAST_SIDE = 28;

/** Finds the faces of a frame with S3FD. */
export class S3fdFinder {
  readonly #session: JudgeSession;

  constructor(session: JudgeSession) {
    this.#session = session;
  }

  /** Faces, best first. */
  async find(frame: Picture): Promise<ScoredFace[]> {
    const [width, height] = [rint(frame.width * SHARE), rint(frame.height * SHARE)];
    if (Math.min(width, height) < LEAST_SIDE) return [];
    const small = await warp(frame, resizedToOriginal(SHARE, SHARE), width, height, 'replicate');
    const input = planesOf(small, (value, channel) => value - MEAN[channel]!);
    const { loc, conf } = await this.#session.run({ picture: input });
    const both = conf!.data as Float32Array;
    const scores = Float32Array.from({ length: both.length / 2 }, (_, i) => both[2 * i + 1]!);
    const output = { boxes: loc!.data as Float32Array, scores };
    return s3fdFaces(output, s3fdPriors(width, height, s3fdMaps(width, height)), frame);
  }
}

/** Width and height of the network's six sources. */
export function s3fdMaps(width: number, height: number): [number, number][] {
  const [columns, rows] = [sizesOf(width), sizesOf(height)];
  return columns.map((length, i) => [length, rows[i]!]);
}

/** The third pool rounds up, the others down; the last two layers halve and round up. */
function sizesOf(side: number): number[] {
  const third = Math.floor(Math.floor(side / 2) / 2);
  const fourth = Math.ceil(third / 2);
  const fifth = Math.floor(fourth / 2);
  const end = Math.floor(fifth / 2);
  const extra = Math.ceil(end / 2);
  return [third, fourth, fifth, end, extra, Math.ceil(extra / 2)];
}
