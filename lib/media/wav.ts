import type { ByteReader } from './bytes.js';
import { damagedWav, parseFormat, uint32, type WavFormat } from './wav-format.js';

/** What the header of a WAV file says. */
export interface WavHeader extends WavFormat {
  /** Bytes of samples, Infinity when the writer did not know (a stream). */
  dataBytes: number;
}

const UNKNOWN_SIZE = 0xffffffff;

/** Chunks that writers put before the samples; the spelling tells where a chunk begins after one of an odd size. */
const KNOWN_CHUNKS =
  /^(fmt |data|ds64|fact|LIST|list|JUNK|junk|PAD |FLLR|bext|iXML|axml|chna|cue |smpl|inst|id3 |ID3 |PEAK|peak|DISP|acid)$/;

/** Whether bytes begin as a little-endian WAV file does: RIFF, or its 64-bit forms RF64 and BW64. */
export function isWav(head: Uint8Array): boolean {
  return ['RIFF', 'RF64', 'BW64'].includes(tag(head, 0)) && tag(head, 8) === 'WAVE';
}

/**
 * Reads a WAV header up to the first sample. Of several chunks of samples the first counts, as the format has one.
 *
 * @param name the input in messages.
 * @returns undefined when the samples are coded in a way this reader does not know (A-law, ADPCM, MP3 in WAV).
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

/** One chunk of the header with the part of its body that matters; of the samples nothing is read. */
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

/** Chunks begin at even offsets, but some writers forget the byte between: then a name begins there at once. */
async function skipPadding(reader: ByteReader): Promise<void> {
  const next = await reader.peek(5);
  const forgotten = KNOWN_CHUNKS.test(tag(next, 0)) && !KNOWN_CHUNKS.test(tag(next, 1));
  if (!forgotten) await reader.skip(1);
}

/**
 * A size of 0 means "empty" in a finished file, in which the outer size counts what follows. It means "not known" where the outer size
 * is not filled in either, or where by the outer size the file ends here: a stream's header, written before there were samples.
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
