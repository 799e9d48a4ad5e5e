import type { Face } from '../../face/faces.js';
import type { Point } from '../../face/geometry.js';
import { FrameRowsWriter, readFrameRows } from './frame-rows.js';

const POINTS = 68;
/** Floats of a frame: 68 points. */
const SIZE = 2 * POINTS;
const OUTER_EYES = [36, 45] as const;

/** Where a real face is in one frame. */
export interface RealFace {
  /** 68 points in the order of iBUG, shares of the picture's width and height. */
  readonly points: readonly Point[];
}

/** Writes the landmarks of a real video, which those of all methods are compared with. */
export class RealPointsWriter {
  readonly #rows: FrameRowsWriter;

  private constructor(rows: FrameRowsWriter) {
    this.#rows = rows;
  }

  static async create(file: string): Promise<RealPointsWriter> {
    return new RealPointsWriter(await FrameRowsWriter.create(file, SIZE));
  }

  add(face: Face | undefined, { width, height }: { width: number; height: number }): Promise<void> {
    return this.#rows.add(face?.landmarks68.flatMap(([x, y]) => [x / width, y / height]));
  }

  finish(): Promise<void> {
    return this.#rows.finish();
  }

  discard(): Promise<void> {
    return this.#rows.discard();
  }
}

/** Reads the landmarks of a real video in order, a frame at a time. */
export async function* readRealPoints(file: string): AsyncGenerator<RealFace | undefined, void, undefined> {
  for await (const row of readFrameRows(file, SIZE)) yield row && { points: pointsOf(row) };
}

function pointsOf(frame: Float32Array): Point[] {
  return Array.from({ length: POINTS }, (_, i): Point => [frame[2 * i]!, frame[2 * i + 1]!]);
}

/** The first of the mouth's 20 points. */
export const MOUTH = 48;

/** The distance of the outer corners of the eyes. */
export function eyeSpan(points: readonly Point[]): number {
  const [a, b] = [points[OUTER_EYES[0]]!, points[OUTER_EYES[1]]!];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
