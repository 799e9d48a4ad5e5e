import type { JudgeSession } from '../../packs/judges/session.js';
import type { Picture } from '../../picture.js';
import { COEFFICIENTS } from './mfcc.js';
import { SYNC_SIDE } from './sync-crop.js';

/** Frames that SyncNet's eye sees at once, and columns of coefficients that its ear hears: a fifth of a second. */
export const [SYNC_FRAMES, SYNC_COLUMNS] = [5, 20];
export const COLUMNS_PER_FRAME = 4;
const PIXELS = SYNC_SIDE * SYNC_SIDE;

/** SyncNet's two networks. */
export class SyncNet {
  readonly #eye: JudgeSession;
  readonly #ear: JudgeSession;

  constructor({ visual, audio }: Record<string, JudgeSession>) {
    this.#eye = visual!;
    this.#ear = audio!;
  }

  /** The vector [1024] of five pictures in the form of {@link planesForSync}. */
  async look(window: readonly Float32Array[]): Promise<Float32Array> {
    const { visual } = await this.#eye.run({ frames: stacked(window) });
    return visual!.data as Float32Array;
  }

  /** Vectors [1024] of `count` sounds, each four columns after the one before. */
  async listen(columns: readonly Float64Array[], count: number): Promise<Float32Array[]> {
    const { audio } = await this.#ear.run({ mfcc: windowsOf(columns, count) });
    const size = audio!.data.length / count;
    const data = audio!.data as Float32Array;
    return Array.from({ length: count }, (_, i) => data.slice(i * size, (i + 1) * size));
  }

  async close(): Promise<void> {
    await Promise.all([this.#eye.close(), this.#ear.close()]);
  }
}

/** A picture of 224x224 as planes of blue, green and red, 0 to 255. */
export function planesForSync({ data }: Picture): Float32Array {
  const planes = new Float32Array(3 * PIXELS);
  for (let i = 0; i < PIXELS; i++)
    for (let channel = 0; channel < 3; channel++) planes[channel * PIXELS + i] = data[3 * i + 2 - channel]!;
  return planes;
}

/** Frames as [1, 3, 5, 224, 224]: those of each colour together. */
function stacked(window: readonly Float32Array[]) {
  const data = new Float32Array(3 * SYNC_FRAMES * PIXELS);
  window.forEach((planes, k) => {
    for (let channel = 0; channel < 3; channel++)
      data.set(
        planes.subarray(channel * PIXELS, (channel + 1) * PIXELS),
        (channel * SYNC_FRAMES + k) * PIXELS,
      );
  });
  return { dims: [1, 3, SYNC_FRAMES, SYNC_SIDE, SYNC_SIDE], data };
}

/** Coefficients as [count, 1, 13, 20]. */
function windowsOf(columns: readonly Float64Array[], count: number) {
  const data = new Float32Array(count * COEFFICIENTS * SYNC_COLUMNS);
  for (let i = 0; i < data.length; i++) {
    const window = Math.floor(i / (COEFFICIENTS * SYNC_COLUMNS));
    const column = columns[window * COLUMNS_PER_FRAME + (i % SYNC_COLUMNS)]!;
    data[i] = column[Math.floor(i / SYNC_COLUMNS) % COEFFICIENTS]!;
  }
  return { dims: [count, 1, COEFFICIENTS, SYNC_COLUMNS], data };
}
