import { type NativeSession, native } from '../binding.js';
import { KdtalkerError } from '../errors.js';
import { FACE_SHAPES, faceMismatch } from '../packs/faces.js';
import type { FaceRole } from '../packs/pack.js';
import type { Picture } from '../picture.js';
import type { Matrix, Point } from './geometry.js';

/** A square view of a picture for a network, with the map back to the picture. */
export interface View {
  /** Row-major 2x3: pixel indices of the view to pixel indices of the picture. */
  readonly toPhoto: Matrix;
}

/** A view of `size` pixels that shows the square around `centre`, turned clockwise by `angle` (radians). */
export function viewOf(centre: Point, side: number, angle: number, size: number): View {
  const [cosine, sine] = [(Math.cos(angle) * side) / size, (Math.sin(angle) * side) / size];
  const middle = (size - 1) / 2;
  return {
    toPhoto: [
      cosine,
      -sine,
      centre[0] - middle * (cosine - sine),
      sine,
      cosine,
      centre[1] - middle * (sine + cosine),
    ],
  };
}

/** RGB24 to planes of float32, [1, 3, h, w]: level * scale + offset. */
function planesOf(picture: Picture, scale: number, offset: number): Float32Array {
  const count = picture.width * picture.height;
  const planes = new Float32Array(3 * count);
  for (let i = 0; i < count; i++)
    for (let channel = 0; channel < 3; channel++)
      planes[channel * count + i] = picture.data[3 * i + channel]! * scale + offset;
  return planes;
}

/** Runs a network with one picture as input and float tensors as outputs. */
export async function runOnPicture(
  session: NativeSession,
  input: string,
  picture: Picture,
  range: { readonly scale: number; readonly offset: number },
): Promise<Record<string, Float32Array>> {
  const data = planesOf(picture, range.scale, range.offset);
  const outputs = await session.run({ [input]: { dims: [1, 3, picture.height, picture.width], data } });
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]),
  );
}

/**
 * A pack's network for faces: one picture in, float32 outputs in their order. It checks sizes at every run, since a graph may
 * declare other sizes than it returns; the released detector does.
 */
export class FaceNetwork {
  readonly #session: NativeSession;
  readonly #role: FaceRole;
  readonly #file: string;

  private constructor(session: NativeSession, role: FaceRole, file: string) {
    this.#session = session;
    this.#role = role;
    this.#file = file;
  }

  /** Throws PACK_DAMAGED when the file is not such a network. */
  static async open(role: FaceRole, file: string, threads: number): Promise<FaceNetwork> {
    const session = await native().openSession(file, { threads });
    const mismatch = faceMismatch(role, session);
    if (!mismatch) return new FaceNetwork(session, role, file);
    await session.close();
    throw damaged(file, mismatch.expected, mismatch.received);
  }

  /** The outputs in their order; `rows` gives each output's number of rows, default 1. Throws PACK_DAMAGED for other sizes. */
  async run(
    picture: Picture,
    range: { readonly scale: number; readonly offset: number },
    rows?: readonly number[],
  ): Promise<Float32Array[]> {
    const found = await runOnPicture(this.#session, this.#session.inputs[0]!.name, picture, range);
    return this.#session.outputs.map(({ name }, i) => {
      const count = FACE_SHAPES[this.#role].outputs[i];
      const wanted = count === undefined ? undefined : count * (rows?.[i] ?? 1);
      const values = found[name]!;
      if (wanted === undefined || values.length === wanted) return values;
      throw damaged(this.#file, `${wanted} numbers of output '${name}'`, `${values.length}`);
    });
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

function damaged(file: string, expected: string, received: string): KdtalkerError {
  return new KdtalkerError(
    'PACK_DAMAGED',
    `Expected ${expected} for ${file} but received ${received}. Convert or download the pack again`,
  );
}
