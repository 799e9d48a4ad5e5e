import { type Block, mixDown, toFloats } from './samples.js';
import type { SoundSource } from './sources/source.js';

/** The sound of a video on its way to an encoder. */
export interface SoundTrack {
  readonly sampleRate: number;
  readonly channels: number;
  /** Which loudspeaker each channel is for, as the bits of WAVE_FORMAT_EXTENSIBLE; 0 where nobody knows. */
  readonly speakers: number;
  /** Interleaved samples from -1 to 1, from the start, a second or less at a time. Every call reads anew. */
  blocks(): AsyncIterable<Float32Array>;
}

/** No arrangement of loudspeakers that an encoder knows has more. */
const MAX_CHANNELS = 8;

/** All channels of a source; of more than eight, which no player knows, their mean. */
export function trackOf(source: SoundSource, read: () => AsyncIterable<Block>): SoundTrack {
  const { sampleRate, channels, speakers } = source;
  if (channels <= MAX_CHANNELS)
    return { sampleRate, channels, speakers, blocks: () => map(read(), toFloats) };
  return { sampleRate, channels: 1, speakers: 0, blocks: () => map(read(), mixDown) };
}

async function* map(blocks: AsyncIterable<Block>, convert: (block: Block) => Float32Array) {
  for await (const block of blocks) yield convert(block);
}
