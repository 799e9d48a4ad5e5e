import { open } from 'node:fs/promises';
import type { Face } from '../../face/faces.js';
import type { Point } from '../../face/geometry.js';
import { outputError } from '../../files/output-error.js';
import { fileTarget, type Target } from '../../files/whole-file.js';
import { readFully } from '../../files/whole-io.js';

const POINTS = 68;
/** Floats of a frame: 68 points; all NaN without a face. */
const SIZE = 2 * POINTS;
const BYTES = 4 * SIZE;
/** Frames that are held before they are written. */
const BATCH = 500;
const OUTER_EYES = [36, 45] as const;

/** Where a real face is in one frame. */
export interface RealFace {
  /** 68 points in the order of iBUG, shares of the picture's width and height. */
  readonly points: readonly Point[];
}

/** Writes the landmarks of a real video, which those of all methods are compared with. The file gets its name when it is complete. */
export class RealPointsWriter {
  readonly #target: Target;
  readonly #file: string;
  #held: Float32Array[] = [];

  private constructor(file: string, target: Target) {
    this.#file = file;
    this.#target = target;
  }

  static async create(file: string): Promise<RealPointsWriter> {
    return new RealPointsWriter(file, await fileTarget(file, true));
  }

  async add(face: Face | undefined, { width, height }: { width: number; height: number }): Promise<void> {
    const points = face?.landmarks68.flatMap(([x, y]) => [x / width, y / height]);
    this.#held.push(points ? Float32Array.from(points) : new Float32Array(SIZE).fill(Number.NaN));
    if (this.#held.length === BATCH) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#target.commit();
  }

  discard(): Promise<void> {
    return this.#target.discard();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#held.map((frame) => Buffer.from(frame.buffer)));
    this.#held = [];
    const file = await open(this.#target.temporary, 'a');
    try {
      await file.writeFile(bytes);
    } catch (cause) {
      throw outputError(cause, this.#file);
    } finally {
      await file.close();
    }
  }
}

/** Reads the landmarks of a real video in order, a frame at a time. */
export async function* readRealPoints(file: string): AsyncGenerator<RealFace | undefined, void, undefined> {
  const handle = await open(file, 'r');
  try {
    for (let at = 0; ; at += BYTES) {
      const frame = new Float32Array(SIZE);
      if ((await readFully(handle, new Uint8Array(frame.buffer), at)) < BYTES) return;
      yield Number.isNaN(frame[0]) ? undefined : { points: pointsOf(frame) };
    }
  } finally {
    await handle.close();
  }
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
