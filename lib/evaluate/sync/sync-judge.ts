import { tmpdir } from 'node:os';
import type { FaceFinder } from '../../face/faces.js';
import { orOutputError } from '../../files/output-error.js';
import { TemporaryPath } from '../../files/temporary-path.js';
import { FrameSource } from '../../media/index.js';
import { addJudges } from '../../packs/judges/add.js';
import { openJudge } from '../../packs/judges/open.js';
import { spoolSound } from '../measure/clip-speech.js';
import { FaceFollower } from '../measure/face-follower.js';
import type { SoundSpool } from '../sound/sound-spool.js';
import { boxOf } from './face-tracks.js';
import { syncMeter } from './sync-meter.js';
import type { SyncResult } from './sync-scores.js';
import { SyncNet } from './syncnet.js';

const FPS = 25;

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
  readonly #net: SyncNet;
  readonly #finder: FaceFinder;
  readonly #folder: TemporaryPath;

  private constructor(net: SyncNet, finder: FaceFinder, folder: TemporaryPath) {
    this.#net = net;
    this.#finder = finder;
    this.#folder = folder;
  }

  /** @param file the released weights, syncnet_v2.model. @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, OUTPUT_DISK_FULL, ABORTED */
  static async open(file: string, { finder, threads, signal }: SyncJudgeOptions): Promise<SyncJudge> {
    const folder = await orOutputError(TemporaryPath.makeFolder(tmpdir(), 'syncnet'), tmpdir());
    try {
      const judges = await addJudges({ out: folder.path, files: { syncnet: file }, signal });
      const sessions = await openJudge(folder.path, judges, 'syncnet', { threads, signal });
      return new SyncJudge(new SyncNet(sessions), finder, folder);
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#net.close();
    await this.#folder.remove();
  }

  /** What SyncNet says of a video's largest face; undefined if no face is there for long enough. @throws as FrameSource and openSound */
  async score(file: string, signal: AbortSignal | undefined): Promise<SyncResult | undefined> {
    const video = await FrameSource.open(file, { fps: FPS, signal });
    try {
      const { spool: sound } = await spoolSound(file, signal);
      try {
        return await this.#measure(video, sound, signal);
      } finally {
        await sound.close();
      }
    } finally {
      await video.close();
    }
  }

  async #measure(
    video: FrameSource,
    sound: SoundSpool,
    signal: AbortSignal | undefined,
  ): Promise<SyncResult | undefined> {
    const follower = new FaceFollower(this.#finder, signal);
    const meter = syncMeter('track', this.#net, sound);
    for await (const picture of video.frames()) {
      const face = await follower.next(picture);
      await meter.add(picture, async () => (face ? [boxOf(face.box)] : []));
    }
    return meter.finish();
  }
}
