import { KdtalkerError } from '../../errors.js';
import { ByteReader } from '../bytes.js';
import { fileInput } from '../ffmpeg-input.js';
import { FfmpegProcess } from '../ffmpeg-process.js';
import { type Block, speechEmpty } from '../samples.js';
import { readWavHeader, type WavHeader } from '../wav.js';
import { readWavSamples } from '../wav-samples.js';
import { InputFile } from './input-file.js';
import { type Contents, defaultTrack, probe } from './probe.js';
import type { SoundSource } from './source.js';

/** One ffmpeg that decodes, its header read. */
interface Run {
  process: FfmpegProcess;
  reader: ByteReader;
  header: WavHeader;
}

/** Demuxers that see pictures, text or subtitles in any file: what they accept was never meant as sound. */
const NOT_SOUND = /^(image2|tty|gif|.*_pipe|srt|webvtt|ass|microdvd|subviewer1?|mpsub|sami|stl|vobsub)$/;

/**
 * Any sound that ffmpeg decodes, as a WAV stream at the file's own rate: the engine then resamples FLAC, MP3 and WAV of
 * one recording in the same way.
 */
export class DecodedSource implements SoundSource {
  readonly name: string;
  readonly samples = undefined;
  readonly #file: InputFile;
  readonly #signal: AbortSignal | undefined;
  readonly #running = new Set<FfmpegProcess>();
  /** Started by open() to learn the rate; the first read goes on from there. */
  #first: Run | undefined;
  #header: WavHeader | undefined;

  private constructor(input: string | Uint8Array, name: string, signal: AbortSignal | undefined) {
    this.name = name;
    this.#signal = signal;
    this.#file = new InputFile(typeof input === 'string' ? input : () => [input]);
  }

  /** @throws SPEECH_EMPTY, SPEECH_UNREADABLE, FFMPEG_NOT_FOUND, FFMPEG_FAILED, ABORTED */
  static async open(
    input: string | Uint8Array,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<DecodedSource> {
    const source = new DecodedSource(input, name, signal);
    try {
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
      yield* readWavSamples(run.reader, run.header);
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

  async #start(): Promise<Run> {
    const file = await this.#file.path();
    const options = { signal: this.#signal, what: `Decoding ${this.name}`, stdout: true };
    const process = FfmpegProcess.start(decodeArguments(file), options);
    this.#running.add(process);
    const reader = new ByteReader(process.stdout);
    const header = await readWavHeader(reader, this.name).catch(() => undefined);
    if (!header) throw await this.#failure(process, file);
    return { process, reader, header };
  }

  async #end(process: FfmpegProcess): Promise<void> {
    await process.kill();
    this.#running.delete(process);
  }

  /** Why no sound came out: asks ffmpeg what the file is, so that the message can say it. */
  async #failure(process: FfmpegProcess, file: string): Promise<KdtalkerError> {
    process.stdout.resume();
    const exit = await process.wait();
    const error = process.errorOf(exit);
    if (error?.code !== 'FFMPEG_FAILED' || exit.signal)
      return error ?? speechEmpty(this.name, 'has no samples');
    return contentError(this.name, await probe(file, this.#signal), error);
  }
}

function decodeArguments(file: string): string[] {
  const input = [...fileInput(file), '-map', '0:a:0'];
  return [...input, '-c:a', 'pcm_f32le', '-fflags', '+bitexact', '-f', 'wav', 'pipe:1'];
}

function contentError(name: string, contents: Contents, cause: KdtalkerError): KdtalkerError {
  if (contents.format && !defaultTrack(contents.tracks, 'sound') && !NOT_SOUND.test(contents.format)) {
    return speechEmpty(name, `has no sound track (it is ${contents.format})`);
  }
  const message = `Expected sound for speech but received ${name}, which ffmpeg cannot decode as sound. Give a sound or video file. ${cause.message}`;
  return new KdtalkerError('SPEECH_UNREADABLE', message, { cause });
}
