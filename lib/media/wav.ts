import { KdtalkerError } from '../errors.js';
import type { ByteReader } from './bytes.js';
import { type Interleaved, mixDown, type SampleScale } from './samples.js';

/** The coding of one sample; integers are little-endian and, from 16 bits on, signed. */
type Coding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';

/** What the header of a WAV file says. */
export interface WavFormat {
  sampleRate: number;
  channels: number;
  coding: Coding;
  /** Bytes of one sample of every channel. */
  bytesPerFrame: number;
  /** Bytes of samples, Infinity when the writer did not know (a stream). */
  dataBytes: number;
}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;
const UNKNOWN_SIZE = 0xffffffff;
const MAX_RATE = 768_000;

/** Bytes read at once at most, whatever rate and channels a header claims. */
const MAX_BLOCK = 2 ** 22;

/** Full scale is the power of two above the largest value, so that 16 bits are divided by 32768 exactly. */
const SCALES: Record<Coding, SampleScale> = {
  u8: { zero: 128, full: 2 ** 7 },
  s16: { zero: 0, full: 2 ** 15 },
  s24: { zero: 0, full: 2 ** 23 },
  s32: { zero: 0, full: 2 ** 31 },
  f32: { zero: 0, full: 1 },
  f64: { zero: 0, full: 1 },
};

/** Whether bytes begin as a little-endian WAV file does: RIFF, or its 64-bit forms RF64 and BW64. */
export function isWav(head: Uint8Array): boolean {
  return ['RIFF', 'RF64', 'BW64'].includes(tag(head, 0)) && tag(head, 8) === 'WAVE';
}

/**
 * Reads a WAV header up to the first sample.
 *
 * @param name the input in messages.
 * @returns undefined when the samples are coded in a way this reader does not know (A-law, ADPCM, MP3 in WAV).
 * @throws SPEECH_UNREADABLE
 */
export async function readWavHeader(reader: ByteReader, name: string): Promise<WavFormat | undefined> {
  const head = await reader.take(12);
  if (head.length < 12 || !isWav(head)) throw damaged(name, 'it does not begin as one');
  const riffBytes = uint32(head, 4);
  let format: Omit<WavFormat, 'dataBytes'> | 'unknown' | undefined;
  let longData: number | undefined;
  for (;;) {
    const { id, bytes, body } = await readChunk(reader, name);
    if (id === 'fmt ') format = parseFormat(body, name);
    if (id === 'ds64') longData = parseLongSize(body, name);
    if (id !== 'data') continue;
    if (!format) throw damaged(name, 'the samples come before their format');
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
  if (head.length < 8) throw damaged(name, 'it ends before the samples');
  const id = tag(head, 0);
  const bytes = uint32(head, 4);
  if (id === 'data') return { id, bytes, body: head };
  const kept = id === 'fmt ' || id === 'ds64' ? Math.min(bytes, 64) : 0;
  const body = await reader.take(kept);
  // Chunks begin at even offsets.
  const skipped = await reader.skip(bytes + (bytes % 2) - kept);
  if (body.length < kept || !skipped) throw damaged(name, 'it ends inside its header');
  return { id, bytes, body };
}

/**
 * The samples after the header as mono, about one second at a time; the last whole frame of a truncated file ends it.
 */
export async function* readWavSamples(reader: ByteReader, format: WavFormat): AsyncGenerator<Float32Array> {
  const { bytesPerFrame, channels, coding, sampleRate, dataBytes } = format;
  const block = bytesPerFrame * Math.max(1, Math.min(sampleRate, Math.floor(MAX_BLOCK / bytesPerFrame)));
  for (let left = dataBytes; left >= bytesPerFrame; left -= block) {
    const wanted = Math.min(block, left);
    const bytes = await reader.take(wanted);
    const whole = bytes.subarray(0, bytes.length - (bytes.length % bytesPerFrame));
    if (whole.length > 0) yield mixDown(decode(whole, coding), channels, SCALES[coding]);
    if (bytes.length < wanted) return;
  }
}

/**
 * A size of 0 means "empty" in a finished file, but "not known" where the outer size was not filled in either.
 */
function sizeOfData(
  bytes: number,
  longData: number | undefined,
  riffBytes: number,
  position: number,
): number {
  if (bytes === UNKNOWN_SIZE) return longData ? longData : Number.POSITIVE_INFINITY;
  const unfinished = riffBytes === UNKNOWN_SIZE || riffBytes + 8 < position;
  return bytes === 0 && unfinished ? Number.POSITIVE_INFINITY : bytes;
}

function parseFormat(body: Uint8Array, name: string): Omit<WavFormat, 'dataBytes'> | 'unknown' {
  if (body.length < 16) throw damaged(name, 'its format is cut short');
  const declared = uint16(body, 0);
  if (declared === FORMAT_EXTENSIBLE && body.length < 26) throw damaged(name, 'its format is cut short');
  const code = declared === FORMAT_EXTENSIBLE ? uint16(body, 24) : declared;
  if (code !== FORMAT_PCM && code !== FORMAT_FLOAT) return 'unknown';
  const channels = uint16(body, 2);
  const sampleRate = uint32(body, 4);
  const bytesPerFrame = uint16(body, 12);
  const coding = codingOf(code, Math.ceil(uint16(body, 14) / 8));
  if (!coding) return 'unknown';
  if (channels === 0) throw damaged(name, 'it has 0 channels');
  if (sampleRate === 0 || sampleRate > MAX_RATE) throw damaged(name, `its sample rate is ${sampleRate} Hz`);
  if (bytesPerFrame !== channels * bytesOf(coding))
    throw damaged(name, `its block size is ${bytesPerFrame} bytes`);
  return { channels, sampleRate, bytesPerFrame, coding };
}

/** 12 and 20 bits are stored in the upper bits of 16 and 24, so that the container's coding reads them rightly. */
function codingOf(code: number, bytes: number): Coding | undefined {
  const codings: Record<number, Coding> =
    code === FORMAT_FLOAT ? { 4: 'f32', 8: 'f64' } : { 1: 'u8', 2: 's16', 3: 's24', 4: 's32' };
  return codings[bytes];
}

function bytesOf(coding: Coding): number {
  return Number(coding.slice(1)) / 8;
}

function parseLongSize(body: Uint8Array, name: string): number {
  if (body.length < 16) throw damaged(name, 'its 64-bit sizes are cut short');
  return uint32(body, 8) + uint32(body, 12) * 2 ** 32;
}

/** Views bytes that start at an aligned offset of their memory as numbers of their coding. */
function decode(bytes: Uint8Array, coding: Coding): Interleaved {
  const { buffer, byteOffset, length } = bytes;
  if (coding === 'u8') return bytes;
  if (coding === 's16') return new Int16Array(buffer, byteOffset, length / 2);
  if (coding === 's32') return new Int32Array(buffer, byteOffset, length / 4);
  if (coding === 'f32') return new Float32Array(buffer, byteOffset, length / 4);
  if (coding === 'f64') return new Float64Array(buffer, byteOffset, length / 8);
  return decode24(bytes);
}

function decode24(bytes: Uint8Array): Int32Array {
  const out = new Int32Array(bytes.length / 3);
  for (let i = 0, b = 0; i < out.length; i++, b += 3) {
    out[i] = bytes[b]! | (bytes[b + 1]! << 8) | ((bytes[b + 2]! << 24) >> 8);
  }
  return out;
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) + uint16(bytes, at + 2) * 2 ** 16;
}

function damaged(name: string, why: string): KdtalkerError {
  const message = `Expected a whole WAV file for speech but received ${name}: ${why}. Save the recording again.`;
  return new KdtalkerError('SPEECH_UNREADABLE', message);
}
