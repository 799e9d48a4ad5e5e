import { KdtalkerError } from '../errors.js';
import { cropPicture } from '../face/crop/index.js';
import { FaceFinder } from '../face/faces.js';
import type { Point } from '../face/geometry.js';
import { flatten, meanOf } from '../face/steady.js';
import { type InputFault, inputFaultOf } from '../input-faults.js';
import { FrameSource } from '../media/index.js';
import { faceFiles } from '../packs/faces.js';
import { type Pack, readPack } from '../packs/pack.js';
import type { Picture } from '../picture.js';
import { isGpu } from '../talker/load/engine.js';
import { Talker } from '../talker/talker.js';
import type { Trace } from '../talker/trace.js';
import type { Dataset, REASONS } from './dataset.js';
import { type ClipRows, WIDTHS } from './shards.js';

/** Why a video gave no clip. */
export type SkipReason = (typeof REASONS)[number];

/** A video that is left out. */
export class Skipped extends Error {
  constructor(readonly reason: SkipReason) {
    super(reason);
  }
}

/** Progress of one clip. */
export type OnFrame = (stage: 'track' | 'motion' | 'audio', done: number) => void;

const MEL_BANDS = 80;
/** Columns of the spectrogram a second. */
const COLUMNS = 80;
/** One picture out of this number is searched for a second face. */
const ONCE_IN = 25;
const FPS = 25;
/** Sound has one feature more at each end than motion has frames, as published. */
const [FEWER_PICTURES, FEWER_FEATURES] = [1, 2];

const SKIP: Record<InputFault, SkipReason> = {
  SPEECH_EMPTY: 'no-sound',
  SPEECH_UNREADABLE: 'no-sound',
  SPEECH_NOT_FINITE: 'no-sound',
  SPEECH_TOO_SHORT: 'short',
  SPEECH_TOO_LONG: 'long',
  NO_FACE: 'no-face',
  PICTURE_TOO_SMALL: 'no-face',
  PICTURE_TOO_LARGE: 'unreadable',
  PICTURE_UNREADABLE: 'unreadable',
  VIDEO_UNREADABLE: 'unreadable',
  VIDEO_TOO_LONG: 'long',
  FILE_NOT_FOUND: 'unreadable',
  FFMPEG_FAILED: 'unreadable',
};

/** Reads clips with the networks of a pack: pictures through the motion network, sound through the audio encoder. */
export class ClipReader {
  readonly #pack: Pack;
  readonly #talker: Talker;
  readonly #faces: FaceFinder | undefined;
  readonly #options: Dataset['options'];

  private constructor(
    pack: Pack,
    talker: Talker,
    faces: FaceFinder | undefined,
    options: Dataset['options'],
  ) {
    this.#pack = pack;
    this.#talker = talker;
    this.#faces = faces;
    this.#options = options;
  }

  static async open(
    packName: string,
    options: Dataset['options'],
    { threads, device, signal }: { threads: number; device: string; signal: AbortSignal | undefined },
  ): Promise<ClipReader> {
    const pack = await readPack(packName);
    // Processors compute the pack's own networks, so that all of them give the same numbers; GPUs need plans.
    const lowering = isGpu(device);
    const talker = await Talker.load(packName, { threads, device, signal, lowering, precision: 'fp32' });
    try {
      const faces =
        options.crop === 'none' ? undefined : await FaceFinder.open({ threads, networks: faceFiles(pack) });
      return new ClipReader(pack, talker, faces, options);
    } catch (error) {
      await talker.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#talker.close(), this.#faces?.close()]);
  }

  /** @throws Skipped with the reason why the video gives no clip; KdtalkerError ABORTED and of the machine */
  async read(path: string, signal: AbortSignal | undefined, onFrame: OnFrame): Promise<ClipRows> {
    try {
      return await this.#read(path, signal, onFrame);
    } catch (error) {
      const fault = inputFaultOf(error);
      throw fault === undefined ? error : new Skipped(SKIP[fault]);
    }
  }

  async #read(path: string, signal: AbortSignal | undefined, onFrame: OnFrame): Promise<ClipRows> {
    const video = await FrameSource.open(path, { fps: FPS, signal });
    try {
      const square = await this.#square(video, signal, onFrame);
      const { motion, canonical, count, first } = await this.#motionOf(video, square, signal, onFrame);
      const heard = await this.#talker.trace({ ...first, channels: 3 }, path, {
        portrait: { crop: 'none' },
        steps: 1,
        signal,
      });
      const { audio, loudness, features } = soundOf(heard);
      const frames = Math.min(count - FEWER_PICTURES, features - FEWER_FEATURES);
      if (frames < this.#options.least) throw new Skipped('short');
      return cut({ frames, motion, canonical, audio, loudness });
    } finally {
      await video.close();
    }
  }

  /** The landmarks by which all pictures of the clip are cut, their mean; undefined for whole pictures. */
  async #square(
    video: FrameSource,
    signal: AbortSignal | undefined,
    onFrame: OnFrame,
  ): Promise<Point[] | undefined> {
    if (!this.#faces) return undefined;
    const seen: Float32Array[] = [];
    for await (const picture of video.frames()) {
      const { landmarks68 } = await this.#faces.find(picture, { signal });
      if (seen.length % ONCE_IN === 0 && (await this.#hasTwo(picture, signal)))
        throw new Skipped('several-faces');
      seen.push(flatten(landmarks68));
      onFrame('track', seen.length);
    }
    return meanOf(seen);
  }

  async #hasTwo(picture: Picture, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#faces!.find(picture, { face: 1, signal }).then(
      () => true,
      (error: unknown) => {
        if (
          error instanceof KdtalkerError &&
          (error.code === 'NO_FACE' || error.code === 'PICTURE_TOO_SMALL')
        )
          return false;
        throw error;
      },
    );
  }

  async #motionOf(
    video: FrameSource,
    landmarks: Point[] | undefined,
    signal: AbortSignal | undefined,
    onFrame: OnFrame,
  ) {
    const { crop } = this.#options;
    const rows: { motion: Float32Array[]; canonical: Float32Array[] } = { motion: [], canonical: [] };
    let first: Picture | undefined;
    for await (const picture of video.frames()) {
      const { size } = this.#pack.manifest.crop;
      const square = await cropPicture(picture, { kind: crop, size, landmarks, signal });
      first ??= square.picture;
      const seen = await this.#talker.seenMotion(square.picture, signal);
      rows.motion.push(seen.motion);
      rows.canonical.push(seen.canonical);
      onFrame('motion', rows.motion.length);
    }
    if (!first) throw new Skipped('unreadable');
    return {
      motion: joined(rows.motion),
      canonical: joined(rows.canonical),
      count: rows.motion.length,
      first,
    };
  }
}

/** Features and loudness of each frame's sound: the mean of its columns of the spectrogram. */
function soundOf({ tensors }: Trace) {
  const { mel, features } = tensors;
  const [, columns] = mel!.dims as [number, number];
  const count = features!.dims[0]!;
  const loudness = Float32Array.from({ length: count }, (_, frame) => {
    const from = Math.min(columns - 1, Math.floor((frame * COLUMNS) / FPS));
    const to = Math.min(columns, Math.floor(((frame + 1) * COLUMNS) / FPS));
    let sum = 0;
    for (let band = 0; band < MEL_BANDS; band++)
      for (let column = from; column < to; column++) sum += mel!.data[band * columns + column]!;
    return sum / (MEL_BANDS * Math.max(1, to - from));
  });
  return { audio: features!.data, loudness, features: count };
}

function cut({ frames, ...rows }: ClipRows): ClipRows {
  const first = (name: keyof typeof WIDTHS) => rows[name].slice(0, frames * WIDTHS[name]);
  return {
    frames,
    motion: first('motion'),
    canonical: first('canonical'),
    audio: first('audio'),
    loudness: first('loudness'),
  };
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(rows.length * rows[0]!.length);
  rows.forEach((row, i) => {
    out.set(row, i * row.length);
  });
  return out;
}
