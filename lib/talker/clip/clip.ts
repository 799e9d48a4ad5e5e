import { EventEmitter, setMaxListeners } from 'node:events';
import type { Writable } from 'node:stream';
import { z } from 'zod';
import { longCall } from '../../abort.js';
import type { PixelFormat } from '../../binding.js';
import { invalidArgument, throwIfAborted } from '../../errors.js';
import { planVideo, ReusableSound, type Sound, type VideoWriter } from '../../media/index.js';
import type { PackManifest } from '../../packs/pack.js';
import { oneOf, parseOptions } from '../../validate.js';
import { Closing } from '../host/closing.js';
import { warnOfGraphs } from '../host/graphs-refused.js';
import { Pending } from '../host/pending.js';
import { type Progress, StageMeter } from '../host/progress.js';
import type { Motion } from '../motion/motion.js';
import { enginePixels, type FrameFormat, frameFinish } from '../portrait/opacity.js';
import { ClipRun, type RunContext } from './clip-run.js';
import { warnOfHalves } from './exact-frames.js';
import { checkSaveOptions, type SaveOptions, type SaveResult } from './save-options.js';

/** A finished picture. */
export interface Frame {
  /** From 0. */
  index: number;
  /** Seconds from the clip's start: index / fps. */
  time: number;
  /** Pixels. */
  width: number;
  height: number;
  /**
   * `'rgb24'`: width * height * 3 bytes, rows without padding. `'yuv420p'`: I420, BT.709, limited range; half of an odd side is rounded up.
   * `'nv12'`: the same with Cb and Cr side by side in one plane. `'rgba'` and `'yuva420p'`: those with straight opacity, in each pixel or as a plane at the end; without, frames are laid on white.
   * `'rgbf32'`: planes of red, green and blue, float32, 0 to 1, in native byte order, as the decoder returns them; only for crops.
   */
  data: Uint8Array;
}

/** Options of {@link Clip.frames}. */
export interface FramesOptions {
  /** Layout of {@link Frame.data}, default `'rgb24'`. */
  format?: FrameFormat | undefined;
}

const framesSchema = z.strictObject(
  { format: oneOf('rgb24', 'rgba', 'yuv420p', 'yuva420p', 'nv12', 'rgbf32').default('rgb24') },
  { error: 'an object' },
);

/** What a clip needs from its talker. */
export interface ClipHost {
  readonly manifest: PackManifest;
  readonly made: Pick<SaveResult, 'device' | 'deviceNote'>;
  /** Whether frames are whole pictures. */
  readonly full: boolean;
  /** Size of a frame in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** Opacity of a frame, one byte per pixel; undefined if it is opaque everywhere. */
  readonly opacity: Uint8Array | undefined;
  /** Frames requested ahead, so that the engine never waits for JavaScript. */
  readonly readAhead: number;
  /** Makes the context of a run; throws CLOSED if talker or portrait are closed. */
  context(signal: AbortSignal, report: (progress: Progress) => void): RunContext;
  /** Frees what the clip's source keeps between passes. */
  dispose(): Promise<void>;
}

/**
 * One job: turns a portrait and speech (or motion) into motion and frames. Made by `talker.animate()`.
 *
 * Work starts only when you ask for frames, motion or a file. Each of these calls runs the clip anew with the same result, so a clip may
 * be both iterated and saved; it holds no memory in between. Frames are rendered only as fast as they are read.
 *
 * Emits `progress` events with a {@link Progress}.
 *
 * @example
 * const clip = talker.animate(portrait, 'speech.wav')
 * for await (const { index, data } of clip) send(index, data)
 */
export class Clip extends EventEmitter<{ progress: [Progress] }> implements AsyncIterable<Frame> {
  readonly #host: ClipHost;
  readonly #closing = new Closing('clip');
  readonly #signal: AbortSignal;
  readonly #runs = new Set<ClipRun>();
  /** Runs being opened, motions and saves; iterations are not included, since they may pause forever. */
  readonly #pending = new Pending();

  /** Pixels of a frame: the pack's output, or with `frame: 'full'` the size of the picture. */
  get width(): number {
    return this.#host.size.width;
  }

  get height(): number {
    return this.#host.size.height;
  }

  /** @internal use `talker.animate()` */
  constructor(host: ClipHost, signal: AbortSignal | undefined) {
    super();
    this.#host = host;
    this.#signal = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    setMaxListeners(0, this.#signal); // every run listens
  }

  /** Frames as RGB24; the same as `frames()`. */
  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames()[Symbol.asyncIterator]();
  }

  /**
   * The frames in order. Every frame has its own memory, which may be kept.
   *
   * @throws KdtalkerError ABORTED, CLOSED, and for the speech FILE_NOT_FOUND, SPEECH_UNREADABLE, SPEECH_EMPTY, SPEECH_TOO_SHORT,
   *   SPEECH_TOO_LONG, SPEECH_NOT_FINITE, FFMPEG_NOT_FOUND, FFMPEG_FAILED
   */
  async *frames(options: FramesOptions = {}): AsyncGenerator<Frame, void, undefined> {
    const { format } = parseOptions(framesSchema, options, 'the options of frames()');
    if (this.#host.full && format === 'rgbf32')
      throw invalidArgument(
        "'rgb24', 'rgba', 'yuv420p', 'yuva420p' or 'nv12' with frame 'full'",
        'format of frames()',
        format,
      );
    const run = await this.#pending.add(this.#open());
    try {
      yield* this.#read(run, format, false);
    } finally {
      await this.#close(run);
    }
    throwIfAborted(this.#signal, 'The clip'); // while the engine's threads ended
  }

  /**
   * How the head moves, without rendering. Replay it with `talker.animate(portrait, motion)`.
   * Replay the motion of a clip in relative mode in that mode. It measures against the first frame, so a pose offset, which every frame of
   * the motion contains, has to be given again.
   *
   * @throws KdtalkerError as {@link frames}
   */
  async motion(): Promise<Motion> {
    return this.#pending.add(longCall('The clip', [this.#openSignal()], () => this.#motion(false)));
  }

  /** @internal The motion as sampled: before smoothing and the user's controls. */
  async rawMotion(): Promise<Motion> {
    return this.#pending.add(this.#motion(true));
  }

  /**
   * Renders and encodes to a file: .mp4 (H.264 and AAC), .webm (VP9 and Opus), .gif, or PNG files (`'folder/%05d.png'`).
   * The file gets its name, and replaces an existing one, only when it is complete. MP4 and WebM have even sides: if the picture has an
   * odd side, which is possible only with `frame: 'full'`, they omit the last row or column.
   *
   * A stream or a named pipe is written while the video is made, only as fast as it takes the bytes; MP4 is fragmented then. The stream is
   * ended when the video is whole. If something fails after its first byte it is destroyed, before that it is left as it was.
   *
   * @example
   * const { fps } = await clip.save('talk.mp4')
   * @throws KdtalkerError as {@link frames}; OUTPUT_FORMAT, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, FFMPEG_NOT_FOUND, FFMPEG_FAILED
   */
  async save(output: string | Writable, options: SaveOptions = {}): Promise<SaveResult> {
    const save = () => this.#save(output, options);
    return this.#pending.add(longCall('The clip', [this.#openSignal()], save, 'kept'));
  }

  async #save(output: string | Writable, options: SaveOptions): Promise<SaveResult> {
    const begun = performance.now();
    const { sound, soundTrack, ...encoding } = checkSaveOptions(options);
    const { fps } = this.#host.manifest;
    // Errors of the output are reported before any work is done.
    const transparent = this.#host.opacity !== undefined;
    const openVideo = await planVideo(output, { ...this.#host.size, fps, transparent, ...encoding });
    const own = sound === undefined ? undefined : new ReusableSound(sound, soundTrack);
    return this.#withSound(own, async (other) => {
      const run = await this.#open();
      try {
        const video = await openVideo({
          frames: run.frames,
          sound: other === undefined ? run.track : other.track,
          signal: this.#signal,
        });
        return await this.#encode(run, video, begun);
      } finally {
        await this.#close(run);
      }
    });
  }

  /** Opens the separate sound for the video, if there is one, for the duration of the work. */
  async #withSound<T>(reusable: ReusableSound | undefined, work: (sound?: Sound) => Promise<T>): Promise<T> {
    if (reusable === undefined) return work();
    try {
      const sound = await reusable.open({ signal: this.#signal });
      try {
        return await work(sound);
      } finally {
        await sound.close();
      }
    } finally {
      await reusable.close();
    }
  }

  /** Ends all work on this clip and waits for it; running iterations and saves reject with ABORTED. May be called twice. */
  close(): Promise<void> {
    return this.#closing.close(async () => {
      await this.#pending.settled();
      await Promise.all([...this.#runs].map((run) => run.close()));
      await this.#host.dispose();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #motion(raw: boolean): Promise<Motion> {
    const run = await this.#open();
    try {
      return await run.motion(raw);
    } finally {
      await this.#close(run);
    }
  }

  /** What can stop a call. @throws CLOSED */
  #openSignal(): AbortSignal {
    this.#closing.check();
    return this.#signal;
  }

  async #open(): Promise<ClipRun> {
    throwIfAborted(this.#openSignal(), 'The clip');
    const run = await ClipRun.open(this.#host.context(this.#signal, this.#report));
    this.#runs.add(run);
    return run;
  }

  async #close(run: ClipRun): Promise<void> {
    await run.close();
    this.#runs.delete(run);
  }

  /** Reads ahead. With `reuse` a frame's memory is overwritten once the next frame is requested. */
  async *#read(run: ClipRun, format: FrameFormat, reuse: boolean): AsyncGenerator<Frame, void, undefined> {
    const { width, height } = this.#host.size;
    const { fps } = this.#host.manifest;
    const frames = frameFinish(format, this.#host.size, this.#host.opacity);
    const meter = new StageMeter('render', this.#report);
    const spare: Uint8Array[] = [];
    const ask = () => askFrame(run, spare.pop() ?? frames.room(), enginePixels(format));
    const asked = Array.from({ length: this.#host.readAhead }, ask);
    for (;;) {
      const { index, data } = await asked.shift()!;
      throwIfAborted(this.#signal, 'The clip'); // frames read ahead are no longer returned
      if (index < 0) return;
      this.#warningOf(run);
      asked.push(ask());
      meter.advance(index + 1, run.frames);
      yield { index, time: index / fps, width, height, data: frames.finish(data) };
      if (reuse) spare.push(data);
    }
  }

  async #encode(run: ClipRun, video: VideoWriter, begun: number): Promise<SaveResult> {
    const meter = new StageMeter('encode', this.#report);
    let firstFrameSeconds = 0;
    try {
      for await (const { index, data } of this.#read(run, video.pixelFormat, true)) {
        if (index === 0) firstFrameSeconds = (performance.now() - begun) / 1000;
        await video.write(data);
        meter.advance(index + 1, run.frames);
      }
      const { bytes } = await video.finish();
      const elapsedSeconds = (performance.now() - begun) / 1000;
      const seconds = run.frames / this.#host.manifest.fps;
      return {
        file: video.file,
        format: video.format,
        frames: run.frames,
        seconds,
        bytes,
        elapsedSeconds,
        firstFrameSeconds,
        fps: run.frames / elapsedSeconds,
        ...this.#host.made,
        ...this.#warningOf(run),
      };
    } catch (error) {
      await video.abort();
      throw error;
    }
  }

  /** What a pass over the clip has to tell. */
  #warningOf({ exactFrom, graphsRefused }: ClipRun): Pick<SaveResult, 'warning'> {
    const { name } = this.#host.manifest;
    const warnings = [
      ...(exactFrom === undefined ? [] : [warnOfHalves(name, exactFrom)]),
      ...(graphsRefused === '' ? [] : [warnOfGraphs(name, graphsRefused)]),
    ];
    return warnings.length === 0 ? {} : { warning: warnings.join('. ') };
  }

  /** An error of a listener affects nothing else. */
  readonly #report = (progress: Progress): void => {
    try {
      this.emit('progress', progress);
    } catch {
      // the clip continues
    }
  };
}

/** Handles the rejection of a read that nobody awaits because the iteration has ended. */
function askFrame(
  run: ClipRun,
  data: Uint8Array,
  format: PixelFormat,
): Promise<{ index: number; data: Uint8Array }> {
  const read = run.read(data, format).then((index) => ({ index, data }));
  read.catch(() => {});
  return read;
}
