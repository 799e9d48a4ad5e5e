import { open } from 'node:fs/promises';
import { SPEECH_RATE } from './fixture-files.js';

/** Writes 16-bit mono at 16 kHz: `samples` (floats, full scale 1) repeated up to `length`, without holding it all in memory. */
export async function writeWav(file, samples, length = samples.length) {
  const pcm = Int16Array.from(samples, (value) =>
    Math.max(-32768, Math.min(32767, Math.round(32768 * value))),
  );
  const bytes = new Uint8Array(pcm.buffer);
  const out = await open(file, 'w');
  try {
    await out.write(wavHeader(2 * length));
    for (let left = 2 * length; left > 0; left -= bytes.length)
      await out.write(bytes.subarray(0, Math.min(left, bytes.length)));
  } finally {
    await out.close();
  }
}

function wavHeader(bytes) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16); // bytes of the format
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channels
  header.writeUInt32LE(SPEECH_RATE, 24);
  header.writeUInt32LE(2 * SPEECH_RATE, 28);
  header.writeUInt16LE(2, 32); // bytes of a sample of all channels
  header.writeUInt16LE(16, 34); // bits
  header.write('data', 36);
  header.writeUInt32LE(bytes, 40);
  return header;
}
