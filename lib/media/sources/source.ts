import type { Block } from '../samples.js';

/** Where the samples of a sound come from. One file per kind of source stands beside this one. */
export interface SoundSource {
  /** The input in messages: a quoted path, '1234 bytes'. */
  readonly name: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** Which loudspeaker each channel is for, as the bits of WAVE_FORMAT_EXTENSIBLE; 0 where nobody knows. */
  readonly speakers: number;
  /** Samples of a channel in all, where known. */
  readonly samples: number | undefined;
  /** All channels from the start, unchecked, a second or less at a time; the same at every call. */
  read(): AsyncIterable<Block>;
  close(): Promise<void>;
}
