const EXTENSIBLE = 0xfffe;
const FLOAT = 3;
/** The bytes after the code in a coding's identifier in WAVE_FORMAT_EXTENSIBLE. */
const CODING_SUFFIX = '000000001000800000aa00389b71';
/** A size that readers interpret as "to the end". */
const UNKNOWN = 0xffffffff;

/** The header of a WAV stream of interleaved float32 samples, of any length. */
export function floatWavHeader(sound: { sampleRate: number; channels: number; speakers: number }): Buffer {
  const head = Buffer.from('RIFF????WAVEfmt \x28\0\0\0', 'latin1');
  head.writeUInt32LE(UNKNOWN, 4);
  const data = Buffer.from('data????', 'latin1');
  data.writeUInt32LE(UNKNOWN, 4);
  return Buffer.concat([head, formatBody(sound), data]);
}

function formatBody({ sampleRate, channels, speakers }: Parameters<typeof floatWavHeader>[0]): Buffer {
  const body = Buffer.alloc(40);
  body.writeUInt16LE(EXTENSIBLE, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE(sampleRate * channels * 4, 8);
  body.writeUInt16LE(channels * 4, 12);
  body.writeUInt16LE(32, 14);
  body.writeUInt16LE(22, 16);
  body.writeUInt16LE(32, 18);
  body.writeUInt32LE(speakers, 20);
  body.writeUInt16LE(FLOAT, 24);
  body.write(CODING_SUFFIX, 26, 'hex');
  return body;
}
