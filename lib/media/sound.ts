import { types } from 'node:util';
import { KdtalkerError, throwIfAborted } from '../errors.js';
import { headOf } from './head.js';
import { isPlaylist } from './playlist.js';
import { checkFinite, speechEmpty } from './samples.js';
import { DecodedSource } from './sources/decoded.js';
import { RawSource } from './sources/raw.js';
import type { SoundSource } from './sources/source.js';
import { WavSource } from './sources/wav.js';
import { isWav } from './wav.js';
import type { RawSound } from './wav-writer.js';

/** What can be opened as sound: a path, the bytes of a sound or video file, or PCM. */
export type SoundInput = string | Uint8Array | RawSound;

/** An opened sound, read from its start as often as wanted in bounded memory. */
export interface Sound {
  /** Samples per second of what {@link chunks} gives: the rate of the file itself. */
  readonly sampleRate: number;
  /** How many mono samples there will be, where that is known beforehand (WAV and PCM). */
  readonly samples: number | undefined;
  /**
   * The sound as mono, values about -1 to 1, in order, one second or less at a time.
   *
   * Channels are averaged. Every call begins at the start.
   *
   * @throws SPEECH_NOT_FINITE, SPEECH_EMPTY, SPEECH_UNREADABLE, FFMPEG_FAILED, ABORTED, CLOSED
   */
  chunks(): AsyncIterable<Float32Array>;
  /**
   * The path of a file with the original sound, all channels, for an encoder: the file that was given, or a temporary
   * file (made at the first call) that exists until {@link close}.
   *
   * @throws OUTPUT_DISK_FULL, OUTPUT_UNWRITABLE (of the system's temporary folder), CLOSED
   */
  encoderInput(): Promise<string>;
  /** Ends running reads and removes temporary files. The signal firing does the same. Fine to call twice. */
  close(): Promise<void>;
}

/**
 * Opens sound. WAV (PCM of 8 to 32 bits, float of 32 and 64) is read directly; everything else, videos included, by
 * ffmpeg. What a file is, is told by its content, not by its name.
 *
 * @throws FILE_NOT_FOUND, SPEECH_EMPTY (no samples, or a video without sound), SPEECH_UNREADABLE, FFMPEG_NOT_FOUND,
 *   INVALID_ARGUMENT, ABORTED
 */
export async function openSound(
  input: SoundInput,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Sound> {
  const { signal } = options;
  throwIfAborted(signal, 'Reading the sound');
  const sound = new OpenSound(await openSource(input, signal), signal);
  if (!signal?.aborted) return sound;
  await sound.close();
  return throwIfAborted(signal, 'Reading the sound') as never;
}

async function openSource(input: SoundInput, signal: AbortSignal | undefined): Promise<SoundSource> {
  if (typeof input !== 'string' && !types.isUint8Array(input)) return RawSource.open(input);
  const name = typeof input === 'string' ? `'${input}'` : `${input.byteLength} bytes`;
  const head = await headOf(input, 'speech');
  if (head.length === 0) throw speechEmpty(name, 'is empty');
  refusePlaylist(head, name);
  const wav = isWav(head) ? await WavSource.open(input, name) : undefined;
  return wav ?? DecodedSource.open(input, name, signal);
}

function refusePlaylist(head: Uint8Array, name: string): void {
  if (!isPlaylist(head)) return;
  throw new KdtalkerError(
    'SPEECH_UNREADABLE',
    `Expected sound for speech but received ${name}, which is a playlist. Give the sound file itself.`,
  );
}

class OpenSound implements Sound {
  readonly #source: SoundSource;
  readonly #signal: AbortSignal | undefined;
  #closed = false;

  constructor(source: SoundSource, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  get sampleRate(): number {
    return this.#source.sampleRate;
  }

  get samples(): number | undefined {
    return this.#source.samples;
  }

  async *chunks(): AsyncGenerator<Float32Array> {
    this.#check();
    let count = 0;
    for await (const chunk of this.#read()) {
      checkFinite(chunk, count, this.sampleRate);
      count += chunk.length;
      yield chunk;
      this.#check();
    }
    if (count === 0) throw speechEmpty(this.#source.name, 'has no samples');
  }

  async encoderInput(): Promise<string> {
    this.#check();
    return this.#source.file();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#stop);
    await this.#source.close();
  }

  /** Closing breaks the pipe of a running read: that is then the reason to name, not the pipe. */
  async *#read(): AsyncGenerator<Float32Array> {
    try {
      yield* this.#source.read();
    } catch (error) {
      this.#check();
      throw error;
    }
    this.#check();
  }

  /** Closing only removes files and children; what could fail in it concerns nobody who has aborted. */
  readonly #stop = () => void this.close().catch(() => {});

  #check(): void {
    throwIfAborted(this.#signal, 'Reading the sound');
    if (this.#closed)
      throw new KdtalkerError('CLOSED', 'Expected an open sound but it was closed. Open it again.');
  }
}

/** For callers that take sound among other things: whether a value looks like PCM. */
export function isRawSound(value: unknown): value is RawSound {
  return typeof value === 'object' && value !== null && 'samples' in value && 'sampleRate' in value;
}
