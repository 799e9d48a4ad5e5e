import { type SoundSpool, SYNC_RATE } from '../sound/sound-spool.js';
import { mfcc } from './mfcc.js';
import { COLUMNS_PER_FRAME, SYNC_COLUMNS, SYNC_FRAMES, type SyncNet } from './syncnet.js';

/** Samples of a frame, of the step from column to column, and of a column. */
const [FRAME, STEP, COLUMN] = [SYNC_RATE / 25, 160, 400];
/** Sounds that the network hears at once. */
const BATCH = 64;

/** What SyncNet's ear gives for the sounds of a track's frames, computed when they are first asked for. */
export class HeardWindows {
  /** Sounds that are long enough. */
  readonly count: number;
  readonly #net: SyncNet;
  readonly #sound: SoundSpool;
  /** The first sample of the track. */
  readonly #start: number;
  readonly #vectors = new Map<number, Float32Array>();

  /** @param first the track's first frame */
  constructor(net: SyncNet, sound: SoundSpool, first: number) {
    this.#net = net;
    this.#sound = sound;
    this.#start = first * FRAME;
    this.count = Math.max(0, Math.floor((sound.length - this.#start) / FRAME) - SYNC_FRAMES);
  }

  /** The vector of the sound that begins with a frame of the track, from 0 to `count` - 1. */
  async at(frame: number): Promise<Float32Array> {
    if (!this.#vectors.has(frame)) await this.#hear(frame);
    return this.#vectors.get(frame)!;
  }

  /** Forgets sounds before a frame: they are not asked for again. */
  forgetBefore(frame: number): void {
    for (const known of this.#vectors.keys()) if (known < frame) this.#vectors.delete(known);
  }

  /** A column depends on the sample before it, so that the track's first one is special: other batches begin a column earlier. */
  async #hear(frame: number): Promise<void> {
    const count = Math.min(BATCH, this.count - frame);
    const lead = frame > 0 ? 1 : 0;
    const columns = COLUMNS_PER_FRAME * (count - 1) + SYNC_COLUMNS + lead;
    const from = this.#start + frame * FRAME - lead * STEP;
    const samples = await this.#sound.read(from, STEP * (columns - 1) + COLUMN);
    const vectors = await this.#net.listen(mfcc(samples).slice(lead), count);
    vectors.forEach((vector, i) => {
      this.#vectors.set(frame + i, vector);
    });
  }
}
