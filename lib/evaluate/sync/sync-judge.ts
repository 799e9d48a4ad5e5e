import { tmpdir } from 'node:os';
import type { FaceFinder } from '../../face/faces.js';
import { orOutputError } from '../../files/output-error.js';
import { TemporaryPath } from '../../files/temporary-path.js';
import { FrameSource, openSound } from '../../media/index.js';
import { addJudges } from '../../packs/judges/add.js';
import { type JudgeSession, openJudge } from '../../packs/judges/open.js';
import type { Picture } from '../../picture.js';
import { FaceFollower } from '../measure/face-follower.js';
import { resampled } from '../sound/resampler.js';
import { type FaceBox, type FaceTrack, longestTrack, smoothTrack } from './face-tracks.js';
import { COEFFICIENTS, mfcc } from './mfcc.js';
import { cropForSync, SYNC_SIDE, syncRectangle } from './sync-crop.js';
import { type Features, type SyncScores, syncDistances, syncScores } from './sync-scores.js';

const FPS = 25;
const RATE = 16000;
const SAMPLES_PER_FRAME = RATE / FPS;
/** Frames that SyncNet's eye sees at once, and columns of coefficients that its ear hears: a fifth of a second. */
const [FRAMES, COLUMNS] = [5, 20];
const COLUMNS_PER_FRAME = 4;
const PIXELS = SYNC_SIDE * SYNC_SIDE;
const EMBEDDED = 1024;
/** Sounds that the network hears at once. */
const BATCH = 64;

/** How {@link SyncJudge} is opened. */
export interface SyncJudgeOptions {
  finder: FaceFinder;
  threads: number;
  signal: AbortSignal | undefined;
}

/**
 * SyncNet: whether lips and sound of a video are in step. As the published program, except that our own detector finds the faces, not S3FD:
 * confidences are near the published ones, not equal.
 */
export class SyncJudge {
  readonly #eye: JudgeSession;
  readonly #ear: JudgeSession;
  readonly #finder: FaceFinder;
  readonly #folder: TemporaryPath;

  private constructor(
    { visual, audio }: Record<string, JudgeSession>,
    finder: FaceFinder,
    folder: TemporaryPath,
  ) {
    this.#eye = visual!;
    this.#ear = audio!;
    this.#finder = finder;
    this.#folder = folder;
  }

  /** @param file the released weights, syncnet_v2.model. @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, OUTPUT_DISK_FULL, ABORTED */
  static async open(file: string, { finder, threads, signal }: SyncJudgeOptions): Promise<SyncJudge> {
    const folder = await orOutputError(TemporaryPath.makeFolder(tmpdir(), 'syncnet'), tmpdir());
    try {
      const judges = await addJudges({ out: folder.path, files: { syncnet: file }, signal });
      const sessions = await openJudge(folder.path, judges, 'syncnet', { threads, signal });
      return new SyncJudge(sessions, finder, folder);
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#eye.close(), this.#ear.close()]);
    await this.#folder.remove();
  }

  /** What SyncNet says of a video's largest face; undefined if no face is there for long enough. @throws as FrameSource and openSound */
  async score(file: string, signal: AbortSignal | undefined): Promise<SyncScores | undefined> {
    const video = await FrameSource.open(file, { fps: FPS, signal });
    try {
      const track = await this.#track(video, signal);
      if (!track) return undefined;
      const samples = await samplesOf(file, track, signal);
      const count = Math.min(track.boxes.length, Math.floor(samples.length / SAMPLES_PER_FRAME)) - FRAMES;
      if (count < 1) return undefined;
      const visual = await this.#look(video, track, count);
      const audio = await this.#listen(samples, count, signal);
      return syncScores(syncDistances(visual, audio));
    } finally {
      await video.close();
    }
  }

  async #track(video: FrameSource, signal: AbortSignal | undefined): Promise<FaceTrack | undefined> {
    const follower = new FaceFollower(this.#finder, signal);
    const frames: FaceBox[][] = [];
    for await (const picture of video.frames()) {
      const face = await follower.next(picture);
      frames.push(face ? [boxOf(face.box)] : []);
    }
    return longestTrack(frames);
  }

  /** A vector for each window of five frames of the track. */
  async #look(video: FrameSource, { first, boxes }: FaceTrack, count: number): Promise<Features> {
    const { size, x, y } = smoothTrack(boxes);
    const data = new Float32Array(count * EMBEDDED);
    const window: Float32Array[] = [];
    let frame = -first;
    for await (const picture of video.frames()) {
      const at = frame++;
      if (at < 0) continue;
      window.push(planesOf(await cropForSync(picture, syncRectangle(size[at]!, x[at]!, y[at]!))));
      if (window.length < FRAMES) continue;
      const { visual } = await this.#eye.run({ frames: stacked(window) });
      data.set(visual!.data as Float32Array, (at - FRAMES + 1) * EMBEDDED);
      window.shift();
      if (at === count + FRAMES - 2) break;
    }
    return { data, size: EMBEDDED };
  }

  /** A vector for the sound of each of these windows. */
  async #listen(samples: Int16Array, count: number, signal: AbortSignal | undefined): Promise<Features> {
    const columns = mfcc(samples);
    const data = new Float32Array(count * EMBEDDED);
    for (let from = 0; from < count; from += BATCH) {
      signal?.throwIfAborted();
      const size = Math.min(BATCH, count - from);
      const { audio } = await this.#ear.run({ mfcc: windowsOf(columns, from, size) });
      data.set(audio!.data as Float32Array, from * EMBEDDED);
    }
    return { data, size: EMBEDDED };
  }
}

const boxOf = ([left, top, width, height]: readonly [number, number, number, number]): FaceBox => [
  left,
  top,
  left + width,
  top + height,
];

/** The sound of a track's frames, 16-bit at 16 kHz. */
async function samplesOf(
  file: string,
  { first, boxes }: FaceTrack,
  signal: AbortSignal | undefined,
): Promise<Int16Array> {
  const sound = await openSound(file, { signal });
  const [from, to] = [first * SAMPLES_PER_FRAME, (first + boxes.length) * SAMPLES_PER_FRAME];
  const samples = new Int16Array(to - from);
  let at = 0;
  try {
    for await (const chunk of resampled(sound.chunks(), sound.sampleRate, RATE)) {
      const begin = Math.max(from - at, 0);
      const part = chunk.subarray(begin, Math.max(begin, to - at));
      samples.set(Int16Array.from(part, sixteenBits), Math.max(at - from, 0));
      at += chunk.length;
      if (at >= to) break;
    }
  } finally {
    await sound.close();
  }
  return samples.subarray(0, Math.max(0, Math.min(at, to) - from));
}

const sixteenBits = (sample: number) => Math.min(Math.max(Math.round(sample * 32768), -32768), 32767);

/** A picture as planes of blue, green and red, 0 to 255. */
function planesOf({ data }: Picture): Float32Array {
  const planes = new Float32Array(3 * PIXELS);
  for (let i = 0; i < PIXELS; i++)
    for (let channel = 0; channel < 3; channel++) planes[channel * PIXELS + i] = data[3 * i + 2 - channel]!;
  return planes;
}

/** Frames as [1, 3, 5, 224, 224]: those of each colour together. */
function stacked(window: readonly Float32Array[]) {
  const data = new Float32Array(3 * FRAMES * PIXELS);
  window.forEach((planes, k) => {
    for (let channel = 0; channel < 3; channel++)
      data.set(planes.subarray(channel * PIXELS, (channel + 1) * PIXELS), (channel * FRAMES + k) * PIXELS);
  });
  return { dims: [1, 3, FRAMES, SYNC_SIDE, SYNC_SIDE], data };
}

/** Coefficients as [size, 1, 13, 20]. */
function windowsOf(columns: readonly Float64Array[], from: number, size: number) {
  const data = new Float32Array(size * COEFFICIENTS * COLUMNS);
  for (let i = 0; i < data.length; i++) {
    const window = from + Math.floor(i / (COEFFICIENTS * COLUMNS));
    const column = columns[window * COLUMNS_PER_FRAME + (i % COLUMNS)]!;
    data[i] = column[Math.floor(i / COLUMNS) % COEFFICIENTS]!;
  }
  return { dims: [size, 1, COEFFICIENTS, COLUMNS], data };
}
