import { type HostTensors, type NativeSession, native } from '../binding.js';
import { type Pack, roleOf } from '../packs/pack.js';
import type { Picture } from '../picture.js';

/** What the motion network sees in one picture: motion [70] in degrees and units of the crop, canonical keypoints [63]. */
export interface SeenMotion {
  motion: Float32Array;
  canonical: Float32Array;
}

/** Runs a pack's motion network on crops. Unlike the engine's, it gives the canonical keypoints of every picture. */
export class MotionReader {
  readonly #session: NativeSession;
  readonly #pack: Pack;

  private constructor(session: NativeSession, pack: Pack) {
    this.#session = session;
    this.#pack = pack;
  }

  static async open(pack: Pack, threads: number): Promise<MotionReader> {
    return new MotionReader(await native().openSession(pack.file('motion'), { threads }), pack);
  }

  /** @param crop a square of the pack's crop size */
  async read(crop: Picture): Promise<SeenMotion> {
    const { inputs, outputs } = roleOf(this.#pack.manifest, 'motion');
    const side = this.#pack.manifest.motionSize;
    const image = { dims: [1, 3, side, side], data: planesOf(crop, side) };
    const out = await this.#session.run({ [inputs.image]: image });
    const numbers = (name: string) => (out as HostTensors)[name]!.data as Float32Array;
    const { scale, yaw, pitch, roll, translation, expression, keypoints } = outputs;
    const parts = [scale, yaw, pitch, roll, translation, expression].map(numbers);
    return {
      motion: Float32Array.from(parts.flatMap((part) => [...part])),
      canonical: numbers(keypoints).slice(),
    };
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** RGB24 as planes of 0 to 1; a crop of a multiple of `side` is averaged. */
export function planesOf({ data, width }: Picture, side: number): Float32Array {
  const factor = width / side;
  const planes = new Float32Array(3 * side * side);
  const weight = 1 / (255 * factor * factor);
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++) {
      const to = Math.floor(y / factor) * side + Math.floor(x / factor);
      const from = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) planes[c * side * side + to]! += data[from + c]! * weight;
    }
  return planes;
}
