import { invalidArgument, KdtalkerError } from '../../errors.js';
import { ByteReader } from '../bytes.js';
import { fileInput } from '../ffmpeg-input.js';
import { FfmpegProcess } from '../ffmpeg-process.js';
import { type Block, speechEmpty } from '../samples.js';
import { readWavHeader, type WavHeader } from '../wav.js';
import { readWavSamples } from '../wav-samples.js';
import { InputFile } from './input-file.js';
import { type Contents, defaultTrack, keepFileStart, type MediaTrack, probe } from './probe.js';
import type { SoundSource } from './source.js';

/**
 * A file of a few bytes can claim gaps that last for days, and the engine keeps 26 kB for each second: 375 MB for this length. WAV and PCM
 * have no limit, because their length is that of their bytes.
 */
const MAX_SECONDS = 4 * 3600;

/** One decoding ffmpeg whose header was read. */
interface Run {
  process: FfmpegProcess;
  reader: ByteReader;
  header: WavHeader;
}

/** Options of decoding. */
export interface DecodingOptions {
  signal?: AbortSignal | undefined;
  /** The index of the sound track, from 0; default: the track that the file marks. */
  track?: number | undefined;
  /** The longest sound that is accepted; default {@link MAX_SECONDS}. */
  maxSeconds?: number | undefined;
}

/** Demuxers that find pictures, text or subtitles in any file: a file that they accept is not sound. */
const NOT_SOUND = /^(image2|tty|gif|.*_pipe|srt|webvtt|ass|microdvd|subviewer1?|mpsub|sami|stl|vobsub)$/;

/**
 * Any sound that ffmpeg decodes, as a WAV stream at the file's own rate: the engine then resamples FLAC, MP3 and WAV of one recording in
 * the same way.
 */
export class DecodedSource implements SoundSource {
  readonly name: string;
  readonly samples = undefined;
  readonly #file: InputFile;
  readonly #options: DecodingOptions;
  readonly #running = new Set<FfmpegProcess>();
  /** open() starts it to learn the rate; the first read continues it. */
  #first: Run | undefined;
  #header: WavHeader | undefined;
  #track: MediaTrack | undefined;

  private constructor(input: string | Uint8Array, name: string, options: DecodingOptions) {
    this.name = name;
    this.#options = options;
    this.#file = new InputFile(typeof input === 'string' ? input : () => [input]);
  }

  /** @throws SPEECH_EMPTY, SPEECH_UNREADABLE, INVALID_ARGUMENT (no such track), FFMPEG_NOT_FOUND, FFMPEG_FAILED, ABORTED */
  static async open(
    input: string | Uint8Array,
    name: string,
    options: DecodingOptions,
  ): Promise<DecodedSource> {
    const source = new DecodedSource(input, name, options);
    try {
      source.#track = chooseTrack(
        await probe(await source.#file.path(), options.signal),
        name,
        options.track,
      );
      source.#first = await source.#start();
      source.#header = source.#first.header;
      return source;
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  get sampleRate(): number {
    return this.#header!.sampleRate;
  }

  get channels(): number {
    return this.#header!.channels;
  }

  get speakers(): number {
    return this.#header!.speakers;
  }

  async *read(): AsyncGenerator<Block> {
    const run = this.#first ?? (await this.#start());
    this.#first = undefined;
    try {
      yield* this.#bounded(readWavSamples(run.reader, run.header));
      const error = run.process.errorOf(await run.process.wait());
      if (error) throw error;
    } finally {
      await this.#end(run.process);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((process) => this.#end(process)));
    await this.#file.remove();
  }

  async *#bounded(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
    const { maxSeconds = MAX_SECONDS } = this.#options;
    let left = maxSeconds * this.sampleRate;
    for await (const block of blocks) {
      left -= block.samples.length / block.channels;
      if (left < 0) throw tooLong(this.name, maxSeconds);
      yield block;
    }
  }

  async #start(): Promise<Run> {
    const args = decodeArguments(await this.#file.path(), this.#track!);
    const options = { signal: this.#options.signal, what: `Decoding ${this.name}`, stdout: true };
    const process = FfmpegProcess.start(args, options);
    this.#running.add(process);
    const reader = new ByteReader(process.stdout);
    const header = await readWavHeader(reader, this.name).catch(() => undefined);
    if (!header) throw await this.#failure(process);
    return { process, reader, header };
  }

  async #end(process: FfmpegProcess): Promise<void> {
    await process.kill();
    this.#running.delete(process);
  }

  /** The error if no sound came out. */
  async #failure(process: FfmpegProcess): Promise<KdtalkerError> {
    process.stdout.resume();
    const exit = await process.wait();
    const error = process.errorOf(exit);
    if (error?.code !== 'FFMPEG_FAILED' || exit.signal)
      return error ?? speechEmpty(this.name, 'has no samples');
    return unreadable(this.name, error.message, error);
  }
}

/**
 * Places the track's samples on the file's time axis, which begins with the first track: silence where the track begins later or has a gap;
 * overlaps are dropped. A start within a video frame counts as 0, because it comes from codec delays. Jumps below 30 ms are rounding errors
 * of timestamps: those samples are kept bit for bit.
 */
const FILE_TIME =
  "asetpts='PTS-if(lt(STARTPTS*TB,0.04),STARTPTS,0)',aresample=async=1:min_hard_comp=0.03:first_pts=0";

function decodeArguments(file: string, track: MediaTrack): string[] {
  const input = [...fileInput(file), '-map', `0:${track.index}`, '-af', FILE_TIME];
  return [
    ...input,
    '-c:a',
    'pcm_f32le',
    '-fflags',
    '+bitexact',
    '-f',
    'wav',
    'pipe:1',
    ...keepFileStart(track),
  ];
}

/** Returns the requested track, counted from 0 among the sound tracks, or the one that the file marks. */
function chooseTrack(contents: Contents, name: string, wanted: number | undefined): MediaTrack {
  const { format, said } = contents;
  const all = contents.tracks.filter(({ kind }) => kind === 'sound');
  const track = wanted === undefined ? defaultTrack(all, 'sound') : all[wanted];
  if (track !== undefined) return track;
  if (format === undefined || NOT_SOUND.test(format)) throw unreadable(name, said);
  if (all.length === 0) throw speechEmpty(name, `has no sound track (it is ${format})`);
  throw invalidArgument(`a track of sound from 0 to ${all.length - 1}`, 'soundTrack', wanted);
}

function tooLong(name: string, maxSeconds: number): KdtalkerError {
  const message = `Expected at most ${maxSeconds} s of sound for speech but ${name} is longer. Cut it, or convert it to WAV, whose length is not limited.`;
  return new KdtalkerError('SPEECH_TOO_LONG', message);
}

function unreadable(name: string, why: string, cause?: KdtalkerError): KdtalkerError {
  const message = `Expected sound for speech but received ${name}, which ffmpeg cannot decode as sound. Give a sound or video file. ${why}`;
  return new KdtalkerError('SPEECH_UNREADABLE', message, { cause });
}
