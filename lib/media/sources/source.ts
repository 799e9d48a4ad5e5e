import type { Block } from '../samples.js';

/** A source of the samples of a sound. This folder has one file for each kind of source. */
export interface SoundSource {
  /** The input's name in messages: a quoted path, '1234 bytes'. */
  readonly name: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** The loudspeaker of each channel, as the bits of WAVE_FORMAT_EXTENSIBLE; 0 if unknown. */
  readonly speakers: number;
  /** The number of samples of each channel, if known. */
  readonly samples: number | undefined;
  /** Yields all channels from the start, unchecked, at most a second at a time; the same blocks at every call. */
  read(): AsyncIterable<Block>;
  close(): Promise<void>;
}
