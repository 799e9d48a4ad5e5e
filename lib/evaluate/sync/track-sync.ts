import type { Picture } from '../../picture.js';
import { median } from '../arithmetic/statistics.js';
import type { SoundSpool } from '../sound/sound-spool.js';
import { type FaceBox, LEAST_SIDE, overlap, SMOOTHING } from './face-tracks.js';
import { HeardWindows } from './heard-windows.js';
import { cropForSync, syncRectangle } from './sync-crop.js';
import type { SyncResult } from './sync-scores.js';
import { SyncSums } from './sync-sums.js';
import { planesForSync, SYNC_FRAMES, type SyncNet } from './syncnet.js';

/** Boxes on each side of the one that is smoothed. */
const AROUND = (SMOOTHING - 1) / 2;

/** Pictures of five frames after each other, as SyncNet sees them, and what comes of them. */
export class SeenFrames {
  readonly #net: SyncNet;
  readonly #sums: SyncSums;
  readonly #window: Float32Array[] = [];
  #frames = 0;

  /** @param first the track's first frame */
  constructor(net: SyncNet, sound: SoundSpool, first: number) {
    this.#net = net;
    this.#sums = new SyncSums(new HeardWindows(net, sound, first));
  }

  /** @param crop of 224x224 */
  async add(crop: Picture): Promise<void> {
    this.#frames += 1;
    this.#window.push(planesForSync(crop));
    if (this.#window.length < SYNC_FRAMES) return;
    await this.#sums.add(await this.#net.look(this.#window));
    this.#window.shift();
  }

  /** Undefined for too few frames. */
  finish(): Promise<SyncResult | undefined> {
    return this.#sums.finish(this.#frames - SYNC_FRAMES);
  }
}

/**
 * One face through a video, seen by SyncNet as its frames come. A box is smoothed over those around it, so that pictures wait for six later
 * boxes; where the face was not found, its boxes lie on a line between those before and after.
 */
export class TrackSync {
  /** The frame in which it was found first, and last. */
  readonly first: number;
  last: number;
  readonly #seen: SeenFrames;
  readonly #pictureAt: (frame: number) => Picture;
  readonly #recent: FaceBox[] = [];
  #count = 0;
  #smoothed = 0;
  #width = 0;
  #height = 0;

  constructor(frame: number, seen: SeenFrames, pictureAt: (frame: number) => Picture) {
    this.first = frame;
    this.last = frame - 1;
    this.#seen = seen;
    this.#pictureAt = pictureAt;
  }

  /** Frames from the first to the last one. */
  get length(): number {
    return this.#count;
  }

  /** The first frame whose picture it still needs. */
  get needs(): number {
    return this.first + this.#smoothed;
  }

  /** Whether its faces are large enough to count. */
  get isLarge(): boolean {
    return Math.max(this.#width, this.#height) / this.#count > LEAST_SIDE;
  }

  /** How much a face overlaps with its last one. */
  overlapWith(box: FaceBox): number {
    return overlap(box, this.#recent.at(-1)!);
  }

  async add(frame: number, box: FaceBox): Promise<void> {
    const last = this.#recent.at(-1) ?? box;
    const steps = frame - this.last;
    this.last = frame;
    for (let step = 1; step < steps; step++)
      await this.#push(last.map((side, k) => side + (box[k]! - side) * (step / steps)) as unknown as FaceBox);
    await this.#push(box);
  }

  /** Sees the last frames. */
  async finish(): Promise<SyncResult | undefined> {
    while (this.#smoothed < this.#count) await this.#see();
    return this.#seen.finish();
  }

  async #push(box: FaceBox): Promise<void> {
    this.#recent.push(box);
    if (this.#recent.length > SMOOTHING) this.#recent.shift();
    this.#count += 1;
    this.#width += box[2] - box[0];
    this.#height += box[3] - box[1];
    if (this.#count > AROUND) await this.#see();
  }

  /** Beyond the ends of the track lie zeros, which count. */
  async #see(): Promise<void> {
    const index = this.#smoothed++;
    const oldest = this.#count - this.#recent.length;
    const around = Array.from(
      { length: SMOOTHING },
      (_, k): FaceBox => this.#recent[index + k - AROUND - oldest] ?? [0, 0, 0, 0],
    );
    const smooth = (value: (box: FaceBox) => number) => median(around.map(value));
    const size = smooth(([left, top, right, bottom]) => Math.max(bottom - top, right - left) / 2);
    const x = smooth(([left, , right]) => (left + right) / 2);
    const y = smooth(([, top, , bottom]) => (top + bottom) / 2);
    await this.#seen.add(await cropForSync(this.#pictureAt(this.first + index), syncRectangle(size, x, y)));
  }
}
