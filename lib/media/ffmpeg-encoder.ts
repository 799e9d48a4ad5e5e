import type { Readable } from 'node:stream';
import type { KdtalkerError } from '../errors.js';
import { diskFull, unwritable } from '../files/output-error.js';
import { type FfmpegExit, FfmpegProcess } from './ffmpeg-process.js';
import type { Encoder, EncoderPixelFormat, VideoSpec } from './formats/format.js';
import type { OutputStream } from './output-stream.js';
import { SoundPipe } from './sound-pipe.js';

/** Makes the same bytes from the same input: no dates, version names or random identifiers in the file. */
const REPRODUCIBLE = [
  '-fflags',
  '+bitexact',
  '-flags:v',
  '+bitexact',
  '-flags:a',
  '+bitexact',
  '-map_metadata',
  '-1',
];

/**
 * Frames and sound that are made together come in turns. No input is read ahead to look what it holds, and packets wait between the inputs
 * and the encoder, whatever it reads first: else it would wait for the one while we wait for the other.
 */
const QUEUE = ['-probesize', '32', '-analyzeduration', '0', '-thread_queue_size', '64'];

/** Describes the pipe of raw frames on stdin, and the pipe of sound beside it. */
export function inputArguments(spec: VideoSpec, pixelFormat: EncoderPixelFormat): string[] {
  const { width, height, fps, sound } = spec;
  const queue = spec.frames === undefined ? QUEUE : [];
  const tags = pixelFormat.startsWith('yuv') ? COLOUR : [];
  const shape = ['-pix_fmt', pixelFormat, '-video_size', `${width}x${height}`, '-framerate', String(fps)];
  const video = [...queue, '-f', 'rawvideo', ...shape, ...tags, '-i', 'pipe:0'];
  return sound ? [...video, ...queue, '-f', 'wav', '-i', 'pipe:3'] : video;
}

/** The colour space of the frames. Stands before the input and before the output, so that no version converts the colours. */
export const COLOUR = [
  ...['-color_range', 'tv', '-colorspace', 'bt709'],
  ...['-color_primaries', 'bt709', '-color_trc', 'bt709'],
];

/** 4:2:0 stores one colour for two rows and two columns: an odd side loses its last row or column. */
export function evenSides({ width, height }: VideoSpec): string[] {
  if (width % 2 === 0 && height % 2 === 0) return [];
  return ['-vf', `crop=${width - (width % 2)}:${height - (height % 2)}:0:0`];
}

/** The sample rate of stored sound. Every player supports it, and its codec frames are short (21 ms). */
const SOUND_RATE = 48000;

/** Maps both streams and makes the sound exactly as long as the frames, if they are counted: pads it with endless silence, then trims it. */
export function streamArguments(spec: VideoSpec, soundCodec: readonly string[]): string[] {
  const maps = ['-map', '0:v:0', '-map_chapters', '-1'];
  if (!spec.sound) return maps;
  const filter = `aresample=${SOUND_RATE},${lengthFilter(spec)}aformat=channel_layouts=mono|stereo`;
  return [...maps, '-map', '1:a:0', '-af', filter, ...soundCodec];
}

function lengthFilter({ frames, fps }: VideoSpec): string {
  return frames === undefined ? '' : `apad,atrim=end_sample=${Math.round((frames * SOUND_RATE) / fps)},`;
}

/** Pipes raw frames into an ffmpeg that writes `target`, a file or a stream. */
export class FfmpegEncoder implements Encoder {
  readonly #process: FfmpegProcess;
  readonly #name: string;
  readonly #sound: SoundPipe | undefined;
  /** Settles when the stream has taken everything or can take no more. */
  readonly #carried: Promise<void> | undefined;
  #refused: unknown;
  #written = 0;

  /** @param args all arguments between the common options and the output file */
  constructor(args: readonly string[], target: string | OutputStream, name: string, spec: VideoSpec) {
    const { sound, signal, frames = Number.POSITIVE_INFINITY, fps } = spec;
    const place = typeof target === 'string' ? `file:${target}` : 'pipe:4';
    const all = [...args, ...REPRODUCIBLE, '-y', place];
    this.#process = FfmpegProcess.start(all, {
      signal,
      what: `Encoding '${name}'`,
      stdin: true,
      report: true,
      sound: sound !== undefined,
      output: typeof target !== 'string',
    });
    this.#name = name;
    const fail = () => void this.#process.kill();
    if (sound) this.#sound = new SoundPipe(sound, this.#process.sound, frames / fps, fail);
    if (typeof target !== 'string') this.#carried = this.#carry(target);
  }

  /** The encoder's process id, for tests. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  async write(frame: Uint8Array): Promise<void> {
    const broken = await new Promise<unknown>((resolve) => this.#process.stdin.write(frame, resolve));
    if (broken) throw await this.#failure();
    this.#written += 1;
  }

  async finish(): Promise<void> {
    this.#process.stdin.end();
    const exit = await this.#end();
    const error = this.#process.errorOf(exit) ?? this.#tooFew(exit);
    const full = noSpace(exit.stderr);
    if (error?.code === 'ABORTED') throw error;
    if (this.#refused ?? this.#sound?.error) throw this.#refused ?? this.#sound?.error;
    if (full || error) throw this.#explain(exit.stderr, error);
  }

  abort(): Promise<void> {
    this.#sound?.stop();
    return this.#process.kill();
  }

  /** Waits for the exit and for the stream to take the last byte. */
  async #end(): Promise<FfmpegExit> {
    const exit = await this.#process.wait();
    await this.#carried;
    return exit;
  }

  /** Copies ffmpeg's output to the stream, at the stream's speed. If the stream fails, encoding ends. */
  async #carry(target: OutputStream): Promise<void> {
    const pieces = orEnd(this.#process.output);
    for await (const piece of pieces) {
      try {
        await target.write(piece);
      } catch (error) {
        this.#refused = error;
        await this.#process.kill();
      }
    }
  }

  /** A broken pipe means that ffmpeg ended too early. */
  async #failure(): Promise<unknown> {
    const exit = await this.#end();
    const error = this.#process.earlyEnd(exit, 'it had taken all frames');
    if (error.code === 'ABORTED') return error;
    return this.#refused ?? this.#sound?.error ?? this.#explain(exit.stderr, error);
  }

  /** Checks the count that ffmpeg reports: an exit code of 0 alone proves nothing. */
  #tooFew(exit: FfmpegExit): KdtalkerError | undefined {
    if (exit.frames === this.#written) return undefined;
    return this.#process.earlyEnd(exit, `it had written all frames (${exit.frames} of ${this.#written})`);
  }

  /** ffmpeg has no exit codes for file errors; it prints the system's words. */
  #explain(stderr: string, error: KdtalkerError | unknown): unknown {
    if (noSpace(stderr)) return diskFull(this.#name, error);
    if (/Permission denied|Read-only file system/.test(stderr)) {
      return unwritable(this.#name, 'the system refuses it', error);
    }
    return error;
  }
}

/** The pieces of a pipe. They end where the pipe breaks: the process's exit gives the reason. */
async function* orEnd(pipe: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* pipe;
  } catch {
    // The process at the other end was killed.
  }
}

/** Whether ffmpeg says that the disk is full. */
export function noSpace(stderr: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(stderr);
}
