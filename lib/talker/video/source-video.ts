import { longCall } from '../../abort.js';
import { native, type PortraitHandle } from '../../binding.js';
import { KdtalkerError } from '../../errors.js';
import type { CropKind } from '../../face/crop/index.js';
import type { FaceRatios } from '../../face/schemes.js';
import { steady } from '../../face/steady.js';
import { FrameSource, FrameStore, type VideoInput } from '../../media/index.js';
import { Closing } from '../host/closing.js';
import type { TalkerHost } from '../host/host.js';
import { Pending } from '../host/pending.js';
import { cutFace, nativeCrop } from '../portrait/cut.js';
import { IdleLoops } from '../portrait/idle-loops.js';
import { fitPhoto, fittedSize, nativePhoto, type PhotoSize } from '../portrait/photo.js';
import { checkSourceVideoOptions, type SourceVideoOptions } from './video-options.js';
import { faceOf, type Track, trackFace } from './video-track.js';

/** The properties of a source video. */
interface Contents {
  store: FrameStore;
  track: Track;
  crop: CropKind;
  size: PhotoSize;
  repeat: 'ping-pong' | 'loop';
  maxSize: number | undefined;
}

/**
 * A video in place of a portrait: every frame of a clip shows the next picture of the video, with that picture's own features, pose and
 * position of the face. Made by `talker.sourceVideo()`; any number of clips may share it.
 *
 * It holds nothing on the device, and in memory only landmarks (0.5 to 1.4 kB per picture). Its pictures are in a temporary file, and a
 * clip prepares them a few frames ahead. Closing it ends clips that still need them with CLOSED.
 *
 * @example
 * const video = await talker.sourceVideo('speaker.mp4')
 * await talker.animate(video, 'speech.wav', { frame: 'full' }).save('talk.mp4')
 * await video.close()
 */
export class SourceVideo {
  /** Pictures, at the pack's rate. */
  readonly frames: number;
  /** Size of whole frames in pixels: that of a picture, but at most `maxSize`. */
  readonly photo: PhotoSize;
  /**
   * How far eyes and lips are open in each picture, without smoothing, which would remove blinks. Undefined with the crop `'none'`, which
   * finds no landmarks.
   */
  readonly ratios: readonly FaceRatios[] | undefined;
  /** @internal What its streams show while nobody speaks. */
  readonly loops = new IdleLoops();
  readonly #host: TalkerHost;
  readonly #contents: Contents;
  readonly #pending = new Pending();
  readonly #closing = new Closing('source video', 'Open it again with talker.sourceVideo()');

  private constructor(host: TalkerHost, contents: Contents) {
    this.#host = host;
    this.#contents = contents;
    this.frames = contents.store.length;
    this.photo = fittedSize(contents.size, contents.maxSize);
    this.ratios = contents.crop === 'none' ? undefined : contents.track.ratios;
  }

  /** @internal use `talker.sourceVideo()` */
  static async prepare(
    host: TalkerHost,
    input: VideoInput,
    options: SourceVideoOptions,
  ): Promise<SourceVideo> {
    const repeat = checkSourceVideoOptions(options);
    const prepare = (signal: AbortSignal) =>
      SourceVideo.#prepare(host, input, { ...options, repeat, signal });
    return longCall('Reading the source video', [options.signal, host.closed], prepare, (late) =>
      late.close(),
    );
  }

  static async #prepare(
    host: TalkerHost,
    input: VideoInput,
    options: SourceVideoOptions,
  ): Promise<SourceVideo> {
    const { signal, repeat = 'ping-pong', maxSize } = options;
    const crop = options.crop ?? host.pack.manifest.crop.default;
    const { videoTrack: track, maxSeconds } = options;
    const source = await FrameSource.open(input, { fps: host.pack.manifest.fps, signal, track, maxSeconds });
    let store: FrameStore | undefined;
    try {
      store = await FrameStore.create();
      const { track, size } = await keepAll(host, source, options, store);
      return new SourceVideo(host, { store, track, crop, size, repeat, maxSize });
    } catch (error) {
      await store?.close();
      throw error;
    } finally {
      await source.close();
    }
  }

  /** @internal The prepared portrait of a clip's frame; the caller closes it. Throws CLOSED after close(). */
  portrait(frame: number, full: boolean, host = this.#host): Promise<PortraitHandle> {
    const index = pictureOf(frame, this.frames, this.#contents.repeat);
    return this.#pending.add(this.#portrait(index, full, host));
  }

  async #portrait(index: number, full: boolean, { handle, pack }: TalkerHost): Promise<PortraitHandle> {
    this.#check();
    const { store, track, crop: kind, maxSize } = this.#contents;
    const picture = await store.read(index);
    const face = kind === 'none' ? undefined : faceOf(steady(track.landmarks, index, pack.manifest.fps));
    const crop = await cutFace(picture, pack.manifest, { kind, face });
    const shown = full ? await fitPhoto(picture, maxSize) : undefined;
    const photo = shown && nativePhoto(shown, picture, crop, pack.manifest);
    return native().preparePortrait(handle, {
      ...nativeCrop(crop, pack.manifest, track.ratios[index]),
      photo,
    });
  }

  /** @internal Frames after which the pictures repeat. */
  get period(): number {
    return this.#contents.repeat === 'loop' ? this.frames : Math.max(1, 2 * this.frames - 2);
  }

  /** @internal It belongs to one talker. Throws INVALID_ARGUMENT for another's, CLOSED after close(). */
  check(host: TalkerHost): void {
    this.#check();
    if (host.family === this.#host.family) return;
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      'Expected a source video of this talker but received one of another. Open it here with talker.sourceVideo()',
    );
  }

  /** @internal Its pictures are on no device. */
  lies(): boolean {
    return true;
  }

  /** Removes its temporary file, after portraits in preparation are done. May be called twice. */
  close(): Promise<void> {
    return this.#closing.close(async () => {
      await this.#pending.settled();
      await Promise.all([this.loops.close(), this.#contents.store.close()]);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    this.#closing.check();
  }
}

async function keepAll(
  host: TalkerHost,
  source: FrameSource,
  options: SourceVideoOptions,
  store: FrameStore,
): Promise<{ track: Track; size: PhotoSize }> {
  let size: PhotoSize = { width: 0, height: 0 };
  const track = await trackFace(host, source, options, async (picture) => {
    size = { width: picture.width, height: picture.height };
    await store.add(picture);
  });
  return { track, size };
}

/** The index of the picture, of `count`, that a clip's frame shows: 0 1 2 0 1 2 in a loop, 0 1 2 1 0 1 back and forth. */
export function pictureOf(frame: number, count: number, repeat: 'ping-pong' | 'loop'): number {
  if (repeat === 'loop' || count === 1) return frame % count;
  const step = frame % (2 * count - 2);
  return step < count ? step : 2 * count - 2 - step;
}
