import type { ByteReader } from './bytes.js';
import { damagedWav, parseFormat, uint32, type WavFormat } from './wav-format.js';

/** The fields of a WAV header. */
export interface WavHeader extends WavFormat {
  /** Bytes of samples; Infinity if the writer did not know (a stream). */
  dataBytes: number;
}

const UNKNOWN_SIZE = 0xffffffff;

/** Chunks that may precede the samples. By these names the reader finds the next chunk after one of an odd size. */
const KNOWN_CHUNKS =
  /^(fmt |data|ds64|fact|LIST|list|JUNK|junk|PAD |FLLR|bext|iXML|axml|chna|cue |smpl|inst|id3 |ID3 |PEAK|peak|DISP|acid)$/;

/** Whether bytes begin like a little-endian WAV file: RIFF, or its 64-bit forms RF64 and BW64. */
export function isWav(head: Uint8Array): boolean {
  return ['RIFF', 'RF64', 'BW64'].includes(tag(head, 0)) && tag(head, 8) === 'WAVE';
}

/**
 * Reads a WAV header up to the first sample. If the file has several chunks of samples, the first counts: the format allows only one.
 *
 * @param name the input's name in messages
 * @returns undefined for codings that this reader does not know (A-law, ADPCM, MP3 in WAV)
 * @throws SPEECH_UNREADABLE
 */
export async function readWavHeader(reader: ByteReader, name: string): Promise<WavHeader | undefined> {
  const head = await reader.take(12);
  if (head.length < 12 || !isWav(head)) throw damagedWav(name, 'it does not begin as one');
  const riffBytes = uint32(head, 4);
  let format: WavFormat | 'unknown' | undefined;
  let longData: number | undefined;
  for (;;) {
    const { id, bytes, body } = await readChunk(reader, name);
    if (id === 'fmt ') format = parseFormat(body, name) ?? 'unknown';
    if (id === 'ds64') longData = parseLongSize(body, name);
    if (id !== 'data') continue;
    if (!format) throw damagedWav(name, 'the samples come before their format');
    if (format === 'unknown') return undefined;
    return { ...format, dataBytes: sizeOfData(bytes, longData, riffBytes, reader.position) };
  }
}

/** One chunk of the header with the part of its body that matters, without samples. */
async function readChunk(
  reader: ByteReader,
  name: string,
): Promise<{ id: string; bytes: number; body: Uint8Array }> {
  const head = await reader.take(8);
  if (head.length < 8) throw damagedWav(name, 'it ends before the samples');
  const id = tag(head, 0);
  const bytes = uint32(head, 4);
  if (id === 'data') return { id, bytes, body: head };
  const kept = id === 'fmt ' || id === 'ds64' ? Math.min(bytes, 64) : 0;
  const body = await reader.take(kept);
  const skipped = await reader.skip(bytes - kept);
  if (body.length < kept || !skipped) throw damagedWav(name, 'it ends inside its header');
  if (bytes % 2 === 1) await skipPadding(reader);
  return { id, bytes, body };
}

/** Chunks begin at even offsets, but some writers omit the padding byte: then the next name begins at once. */
async function skipPadding(reader: ByteReader): Promise<void> {
  const next = await reader.peek(5);
  const forgotten = KNOWN_CHUNKS.test(tag(next, 0)) && !KNOWN_CHUNKS.test(tag(next, 1));
  if (!forgotten) await reader.skip(1);
}

/**
 * A size of 0 means "empty" in a finished file, whose outer size covers the bytes after it. It means "not known" if the outer size is
 * missing too, or if the file ends here by the outer size: a stream's header, written before the samples.
 */
function sizeOfData(
  bytes: number,
  longData: number | undefined,
  riffBytes: number,
  position: number,
): number {
  if (bytes === UNKNOWN_SIZE) return longData ? longData : Number.POSITIVE_INFINITY;
  const unfinished = riffBytes === UNKNOWN_SIZE || riffBytes + 8 <= position;
  return bytes === 0 && unfinished ? Number.POSITIVE_INFINITY : bytes;
}

function parseLongSize(body: Uint8Array, name: string): number {
  if (body.length < 16) throw damagedWav(name, 'its 64-bit sizes are cut short');
  return uint32(body, 8) + uint32(body, 12) * 2 ** 32;
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
