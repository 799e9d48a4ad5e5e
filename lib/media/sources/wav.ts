import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ByteReader } from '../bytes.js';
import { speechEmpty } from '../samples.js';
import { readWavHeader, readWavSamples, type WavFormat } from '../wav.js';
import { InputFile } from './input-file.js';
import type { SoundSource } from './source.js';

/** A WAV file, or its bytes, read without ffmpeg. */
export class WavSource implements SoundSource {
  readonly name: string;
  readonly sampleRate: number;
  readonly samples: number;
  readonly #input: string | Uint8Array;
  readonly #file: InputFile;

  private constructor(input: string | Uint8Array, name: string, sampleRate: number, samples: number) {
    this.#input = input;
    this.name = name;
    this.sampleRate = sampleRate;
    this.samples = samples;
    this.#file = new InputFile(typeof input === 'string' ? input : () => [input]);
  }

  /**
   * @returns undefined when its coding is one that only ffmpeg reads.
   * @throws SPEECH_UNREADABLE, SPEECH_EMPTY
   */
  static async open(input: string | Uint8Array, name: string): Promise<WavSource | undefined> {
    const reader = readerOf(input);
    try {
      const format = await readWavHeader(reader, name);
      if (!format) return undefined;
      const samples = await countSamples(input, format, reader.position);
      if (samples === 0) throw speechEmpty(name, 'has no samples');
      return new WavSource(input, name, format.sampleRate, samples);
    } finally {
      await reader.close();
    }
  }

  async *read(): AsyncGenerator<Float32Array> {
    const reader = readerOf(this.#input);
    try {
      const format = await readWavHeader(reader, this.name);
      if (format) yield* readWavSamples(reader, format);
    } finally {
      await reader.close();
    }
  }

  file(): Promise<string> {
    return this.#file.path();
  }

  close(): Promise<void> {
    return this.#file.remove();
  }
}

function readerOf(input: string | Uint8Array): ByteReader {
  return new ByteReader(
    typeof input === 'string' ? createReadStream(input, { highWaterMark: 2 ** 18 }) : [input],
  );
}

/** What the header promises or the file holds, whichever is less. */
async function countSamples(input: string | Uint8Array, format: WavFormat, start: number): Promise<number> {
  const size = typeof input === 'string' ? (await stat(input)).size : input.byteLength;
  return Math.floor(Math.min(format.dataBytes, size - start) / format.bytesPerFrame);
}
