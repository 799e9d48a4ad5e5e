import { open } from 'node:fs/promises';
import { openSound } from '../../media/index.js';
import { resampled } from '../sound/resampler.js';

/** Samples a second of a clip's speech. */
export const SPEECH_RATE = 16000;
const HEADER = 44;

/**
 * Writes the beginning of a sound as a WAV file of 16 bits at 16 kHz, mono.
 *
 * @param most samples to write at most; silence fills up to `least`
 * @returns samples written
 * @throws as openSound
 */
export async function writeSpeech(
  input: string,
  file: string,
  { least, most, signal }: { least: number; most: number; signal: AbortSignal | undefined },
): Promise<number> {
  const sound = await openSound(input, { signal });
  const handle = await open(file, 'w');
  try {
    await handle.write(new Uint8Array(HEADER));
    let count = 0;
    for await (const chunk of resampled(sound.chunks(), sound.sampleRate, SPEECH_RATE)) {
      const part = chunk.subarray(0, most - count);
      await handle.writeFile(sixteenBits(part));
      count += part.length;
      if (count === most) break;
    }
    const silence = Math.max(least - count, 0);
    await handle.writeFile(new Uint8Array(2 * silence));
    await handle.write(header(count + silence), 0, HEADER, 0);
    return count + silence;
  } finally {
    await handle.close();
    await sound.close();
  }
}

function sixteenBits(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, i) => {
    bytes.writeInt16LE(Math.min(Math.max(Math.round(sample * 32768), -32768), 32767), 2 * i);
  });
  return bytes;
}

function header(samples: number): Buffer {
  const head = Buffer.alloc(HEADER);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(HEADER - 8 + 2 * samples, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SPEECH_RATE, 24);
  head.writeUInt32LE(2 * SPEECH_RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(2 * samples, 40);
  return head;
}
