import { type Block, mixDown, toFloats } from './samples.js';
import type { SoundSource } from './sources/source.js';

/** The sound of a video on its way to an encoder. */
export interface SoundTrack {
  readonly sampleRate: number;
  readonly channels: number;
  /** The loudspeaker of each channel, as the bits of WAVE_FORMAT_EXTENSIBLE; 0 if unknown. */
  readonly speakers: number;
  /** Yields interleaved samples from -1 to 1, from the start, at most a second at a time. Every call reads again. */
  blocks(): AsyncIterable<Float32Array>;
}

/** The most channels of any speaker layout that an encoder supports. */
const MAX_CHANNELS = 8;

/** Returns all channels of a source; for more than eight, which no player supports, their mean. */
export function trackOf(source: SoundSource, read: () => AsyncIterable<Block>): SoundTrack {
  const { sampleRate, channels, speakers } = source;
  if (channels <= MAX_CHANNELS)
    return { sampleRate, channels, speakers, blocks: () => map(read(), toFloats) };
  return { sampleRate, channels: 1, speakers: 0, blocks: () => map(read(), mixDown) };
}

async function* map(blocks: AsyncIterable<Block>, convert: (block: Block) => Float32Array) {
  for await (const block of blocks) yield convert(block);
}
