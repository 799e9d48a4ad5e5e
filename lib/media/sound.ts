import { types } from 'node:util';
import { KdtalkerError, quote, throwIfAborted } from '../errors.js';
import { SAMPLE_RATES } from '../limits.js';
import { warnOnce } from '../warnings.js';
import { Downmix } from './downmix.js';
import { FileMark } from './file-mark.js';
import { headOf } from './head.js';
import { isPlaylist } from './playlist.js';
import { type Block, checkFinite, speechEmpty } from './samples.js';
import { DecodedSource } from './sources/decoded.js';
import { type RawSound, RawSource } from './sources/raw.js';
import type { SoundSource } from './sources/source.js';
import { WavSource } from './sources/wav.js';
import { type SoundTrack, trackOf } from './track.js';
import { isWav } from './wav.js';

/** A sound input that can be opened repeatedly: a path, the bytes of a sound or video file, or PCM. */
export type LastingSound = string | Uint8Array | RawSound;

/** How a sound is opened. */
export interface SoundOptions {
  signal?: AbortSignal | undefined;
  /** The index of the sound track in a file with several, from 0; default: the track that the file marks. */
  track?: number | undefined;
  /** Seconds that are accepted from ffmpeg, which reads everything but WAV and PCM; only tests set less than 14400. */
  maxSeconds?: number | undefined;
  /** The input's name in messages; default: its path or size. */
  name?: string | undefined;
}

/** An opened sound. Each read begins at the start and uses bounded memory. */
export interface Sound {
  /** Samples per second of {@link chunks}: the rate of the file itself. */
  readonly sampleRate: number;
  /** The number of mono samples, if known beforehand (WAV and PCM). */
  readonly samples: number | undefined;
  /**
   * Yields the sound as mono, values from about -1 to 1, in order, at most one second at a time.
   *
   * Averages the channels; if they cancel each other out, takes the louder one and warns with CHANNELS_CANCEL. Every call begins at the
   * start.
   *
   * @throws SPEECH_NOT_FINITE, SPEECH_EMPTY, SPEECH_UNREADABLE, SPEECH_TOO_LONG, FFMPEG_FAILED, ABORTED, CLOSED
   */
  chunks(): AsyncIterable<Float32Array>;
  /** The same sound as {@link chunks}, with all channels, for an encoder. Its blocks throw the errors of chunks(). */
  readonly track: SoundTrack;
  /** Stops running reads and removes temporary files, as does the signal. May be called twice. */
  close(): Promise<void>;
}

/**
 * Opens sound. WAV (PCM of 8 to 32 bits, float of 32 and 64) is read directly; ffmpeg reads everything else, videos included. The content
 * of a file decides its format, not its name.
 *
 * @throws FILE_NOT_FOUND, SPEECH_EMPTY (no samples, or a video without sound), SPEECH_UNREADABLE, FFMPEG_NOT_FOUND, INVALID_ARGUMENT,
 *   ABORTED
 */
export async function openSound(input: LastingSound, options: SoundOptions = {}): Promise<Sound> {
  const { signal } = options;
  throwIfAborted(signal, 'Reading the sound');
  const mark = typeof input === 'string' ? await FileMark.of(input) : undefined;
  const sound = new OpenSound(await openSource(input, options), mark, options);
  if (!signal?.aborted) return sound;
  await sound.close();
  return throwIfAborted(signal, 'Reading the sound') as never;
}

async function openSource(input: LastingSound, options: SoundOptions): Promise<SoundSource> {
  if (typeof input !== 'string' && !types.isUint8Array(input)) return RawSource.open(input);
  const name = options.name ?? (typeof input === 'string' ? quote(input) : `${input.byteLength} bytes`);
  const head = await headOf(input, 'speech');
  if (head.length === 0) throw speechEmpty(name, 'is empty');
  refusePlaylist(head, name);
  const wav = isWav(head) ? await WavSource.open(input, name) : undefined;
  const source = wav ?? (await DecodedSource.open(input, name, options));
  if (isSampleRate(source.sampleRate)) return source;
  await source.close();
  throw wrongRate(name, source.sampleRate);
}

function isSampleRate(rate: number): boolean {
  return rate >= SAMPLE_RATES[0] && rate <= SAMPLE_RATES[1];
}

function wrongRate(name: string, rate: number): KdtalkerError {
  const [least, most] = SAMPLE_RATES;
  return new KdtalkerError(
    'SPEECH_UNREADABLE',
    `Expected ${least} to ${most} samples a second for speech but received ${rate} in ${name}. Resample it to 16000.`,
  );
}

function refusePlaylist(head: Uint8Array, name: string): void {
  if (!isPlaylist(head)) return;
  throw new KdtalkerError(
    'SPEECH_UNREADABLE',
    `Expected sound for speech but received ${name}, which is a playlist. Give the sound file itself.`,
  );
}

class OpenSound implements Sound {
  readonly track: SoundTrack;
  readonly #source: SoundSource;
  readonly #mark: FileMark | undefined;
  readonly #signal: AbortSignal | undefined;
  #closed = false;

  constructor(source: SoundSource, mark: FileMark | undefined, { signal }: SoundOptions) {
    this.#source = source;
    this.#mark = mark;
    this.#signal = signal;
    this.track = trackOf(source, () => this.#read());
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
    const downmix = new Downmix();
    let count = 0;
    for await (const block of this.#read()) {
      const chunk = downmix.mix(block);
      if (downmix.taken !== undefined) this.#warnOfChannels(block.channels, downmix.taken);
      checkFinite(chunk, count, this.sampleRate);
      count += chunk.length;
      yield chunk;
      this.#check();
    }
    if (count === 0) throw speechEmpty(this.#source.name, 'has no samples');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#signal?.removeEventListener('abort', this.#stop);
    await this.#source.close();
  }

  /** Closing breaks the pipe of a running read: then the error names the close, not the pipe. */
  async *#read(): AsyncGenerator<Block> {
    this.#check();
    try {
      await this.#mark?.check(this.#source.name);
      yield* this.#source.read();
      await this.#mark?.check(this.#source.name);
    } catch (error) {
      this.#check();
      throw error;
    }
    this.#check();
  }

  #warnOfChannels(channels: number, taken: number): void {
    const { name } = this.#source;
    warnOnce(
      'CHANNELS_CANCEL',
      `The ${channels} channels of ${name} cancel each other out, as if one were wired with reversed polarity. Where they do, the louder ` +
        `one, channel ${taken + 1}, moves the mouth. Repair the recording, or give one channel.`,
      name,
    );
  }

  /** Closing only removes files and children; its errors do not matter after an abort. */
  readonly #stop = () => void this.close().catch(() => {});

  #check(): void {
    throwIfAborted(this.#signal, 'Reading the sound');
    if (this.#closed)
      throw new KdtalkerError('CLOSED', 'Expected an open sound but it was closed. Open it again.');
  }
}
