/** PCM as a caller gives it. */
export interface RawSound {
  /** Interleaved samples: floats from -1 to 1, or 16-bit integers. */
  samples: Float32Array | Int16Array;
  /** Samples per second and channel. */
  sampleRate: number;
  /** Default 1. */
  channels?: number | undefined;
}

/** A WAV file in pieces: the header, and the samples where they are (nothing is copied). */
export function wavPieces(sound: RawSound): Uint8Array[] {
  const { samples } = sound;
  return [wavHeader(sound), new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)];
}

/** 44 bytes; sizes that 32 bits cannot hold are marked as unknown, which ffmpeg and our reader take as "to the end". */
function wavHeader({ samples, sampleRate, channels = 1 }: RawSound): Uint8Array {
  const width = samples.BYTES_PER_ELEMENT;
  const fits = samples.byteLength + 36 < 0xffffffff;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(fits ? samples.byteLength + 36 : 0xffffffff, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(samples instanceof Float32Array ? 3 : 1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * width, 28);
  header.writeUInt16LE(channels * width, 32);
  header.writeUInt16LE(width * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(fits ? samples.byteLength : 0xffffffff, 40);
  return header;
}
