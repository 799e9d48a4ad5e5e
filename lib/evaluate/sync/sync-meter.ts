import type { Picture } from '../../picture.js';
import type { LseKind } from '../lse-kinds.js';
import type { SoundSpool } from '../sound/sound-spool.js';
import { type FaceBox, LEAST_OVERLAP, LONGEST_GAP, SHORTEST } from './face-tracks.js';
import { squeezedForSync } from './sync-crop.js';
import type { SyncResult } from './sync-scores.js';
import type { SyncNet } from './syncnet.js';
import { SeenFrames, TrackSync } from './track-sync.js';

/** Takes the frames of a video in order, and says whether it is in step with its sound. Memory does not depend on its length. */
export interface SyncMeter {
  /** @param faces boxes of all faces in the picture; may be asked for late */
  add(picture: Picture, faces: () => Promise<readonly FaceBox[]>): Promise<void>;
  /** Undefined if no face is there for long enough, or if the video is too short. */
  finish(): Promise<SyncResult | undefined>;
}

export function syncMeter(kind: LseKind, net: SyncNet, sound: SoundSpool): SyncMeter {
  return kind === 'whole' ? new WholeMeter(net, sound) : new TrackMeter(net, sound);
}

/** Whole frames, squeezed to squares. */
class WholeMeter implements SyncMeter {
  readonly #seen: SeenFrames;

  constructor(net: SyncNet, sound: SoundSpool) {
    this.#seen = new SeenFrames(net, sound, 0);
  }

  async add(picture: Picture): Promise<void> {
    await this.#seen.add(await squeezedForSync(picture));
  }

  finish(): Promise<SyncResult | undefined> {
    return this.#seen.finish();
  }
}

/** A track that has ended, and how many had begun before it. */
interface EndedTrack {
  order: number;
  length: number;
  result: SyncResult | undefined;
}

/**
 * Follows faces as the published program does, but all of them at once. In each frame older tracks choose first: each takes the first face
 * that overlaps enough with its last one. Faces that are left begin tracks of their own.
 */
class TrackMeter implements SyncMeter {
  readonly #net: SyncNet;
  readonly #sound: SoundSpool;
  readonly #pictures = new Map<number, Picture>();
  #open: { order: number; track: TrackSync }[] = [];
  #begun = 0;
  #longest: EndedTrack | undefined;
  #frame = 0;

  constructor(net: SyncNet, sound: SoundSpool) {
    this.#net = net;
    this.#sound = sound;
  }

  async add(picture: Picture, faces: () => Promise<readonly FaceBox[]>): Promise<void> {
    const frame = this.#frame++;
    this.#pictures.set(frame, picture);
    await this.#endBefore(frame - LONGEST_GAP);
    const left = [...(await faces())];
    for (const { track } of this.#open) {
      const index = left.findIndex((box) => track.overlapWith(box) > LEAST_OVERLAP);
      if (index >= 0) await track.add(frame, left.splice(index, 1)[0]!);
    }
    for (const box of left) await this.#begin(frame, box);
    const needed = Math.min(frame + 1, ...this.#open.map(({ track }) => track.needs));
    for (const known of this.#pictures.keys()) if (known < needed) this.#pictures.delete(known);
  }

  async finish(): Promise<SyncResult | undefined> {
    await this.#endBefore(Number.POSITIVE_INFINITY);
    const least = Math.min(SHORTEST, this.#frame / 2);
    return this.#longest && this.#longest.length > least ? this.#longest.result : undefined;
  }

  async #begin(frame: number, box: FaceBox): Promise<void> {
    const seen = new SeenFrames(this.#net, this.#sound, frame);
    const track = new TrackSync(frame, seen, (at) => this.#pictures.get(at)!);
    await track.add(frame, box);
    this.#open.push({ order: this.#begun++, track });
  }

  /** Ends tracks whose face was last found before a frame. Of equally long ones the first counts. */
  async #endBefore(frame: number): Promise<void> {
    const ended = this.#open.filter(({ track }) => track.last < frame);
    this.#open = this.#open.filter(({ track }) => track.last >= frame);
    for (const { order, track } of ended) {
      const { length } = track;
      const before = this.#longest ?? { length: 0, order };
      const isLonger = length > before.length || (length === before.length && order < before.order);
      if (track.isLarge && isLonger) this.#longest = { order, length, result: await track.finish() };
    }
  }
}
