import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ByteReader } from '../bytes.js';
import { type Block, speechEmpty } from '../samples.js';
import { readWavHeader, type WavHeader } from '../wav.js';
import { readWavSamples } from '../wav-samples.js';
import type { SoundSource } from './source.js';

/** A WAV file, or its bytes, read without ffmpeg. */
export class WavSource implements SoundSource {
  readonly name: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly speakers: number;
  readonly samples: number;
  readonly #input: string | Uint8Array;

  private constructor(input: string | Uint8Array, name: string, header: WavHeader, samples: number) {
    this.#input = input;
    this.name = name;
    this.sampleRate = header.sampleRate;
    this.channels = header.channels;
    this.speakers = header.speakers;
    this.samples = samples;
  }

  /**
   * @returns undefined if only ffmpeg reads its coding
   * @throws SPEECH_UNREADABLE, SPEECH_EMPTY
   */
  static async open(input: string | Uint8Array, name: string): Promise<WavSource | undefined> {
    const reader = readerOf(input);
    try {
      const header = await readWavHeader(reader, name);
      if (!header) return undefined;
      const samples = await countSamples(input, header, reader.position);
      if (samples === 0) throw speechEmpty(name, 'has no samples');
      return new WavSource(input, name, header, samples);
    } finally {
      await reader.close();
    }
  }

  async *read(): AsyncGenerator<Block> {
    const reader = readerOf(this.#input);
    try {
      const header = await readWavHeader(reader, this.name);
      if (header) yield* readWavSamples(reader, header);
    } finally {
      await reader.close();
    }
  }

  async close(): Promise<void> {}
}

function readerOf(input: string | Uint8Array): ByteReader {
  return new ByteReader(
    typeof input === 'string' ? createReadStream(input, { highWaterMark: 2 ** 18 }) : [input],
  );
}

/** The bytes that the header promises or that the file holds, whichever is less. */
async function countSamples(input: string | Uint8Array, header: WavHeader, start: number): Promise<number> {
  const size = typeof input === 'string' ? (await stat(input)).size : input.byteLength;
  return Math.floor(Math.min(header.dataBytes, size - start) / header.bytesPerFrame);
}
