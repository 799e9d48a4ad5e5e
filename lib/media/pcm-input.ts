import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { KdtalkerError, quote } from '../errors.js';
import { ByteReader } from './bytes.js';
import { checkInputFile } from './input.js';
import { isPipe, openPipe } from './pipe.js';
import { mixDown, speechEmpty, toFloats } from './samples.js';
import { isWav, readWavHeader, type WavHeader } from './wav.js';
import { CODING_SCALES, decodeWav } from './wav-samples.js';

/** Interleaved samples as they come: little-endian, one or two channels. */
export interface PcmFormat {
  rate: number;
  channels: 1 | 2;
  /** Signed 16-bit integers, or floats from -1 to 1. */
  format: 's16le' | 'f32le';
}

/** Sound that is read while it comes. */
export interface PcmInput {
  readonly format: PcmFormat;
  /** Its bytes, once, as soon as they are there; a piece need not end with a whole sample. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Ends a read that waits. May be called twice. */
  close(): void;
}

/** The most bytes of a piece: a few seconds of speech. */
const MOST = 2 ** 18;

/**
 * Opens WAV or raw PCM that comes from a pipe or a file, and waits for its first bytes. A WAV file says its format itself, and its length
 * need not be known. Its samples stay as they are where {@link PcmFormat} has them; other codings become floats, and more than two channels
 * their mean.
 *
 * @param raw the format of sound that is no WAV file
 * @param signal ends reads that wait
 * @throws FILE_NOT_FOUND, SPEECH_EMPTY, SPEECH_UNREADABLE
 */
export async function openPcm(
  input: string | Readable,
  raw: PcmFormat,
  signal: AbortSignal,
): Promise<PcmInput> {
  const name = typeof input === 'string' ? quote(input) : 'standard input';
  const source = typeof input === 'string' ? await openFile(input) : input;
  addAbortSignal(signal, source);
  const close = () => void source.destroy();
  try {
    const reader = new ByteReader(source);
    const head = await reader.peek(12);
    if (head.length === 0) throw speechEmpty(name, 'is empty');
    if (!isWav(head)) return { format: notPacked(head, name, raw), pieces: restOf(reader), close };
    return { ...(await openWav(reader, name)), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openFile(path: string): Promise<Readable> {
  if (await isPipe(path)) return openPipe(path, 'speech');
  await checkInputFile(path, 'speech');
  return createReadStream(path, { highWaterMark: MOST });
}

/** The beginnings of sound files that are no PCM: spoken as they are, they would be loud noise. */
const PACKED = /^(ID3|OggS|fLaC|FORM|.E\xdf\xa3|....ftyp|#!AMR|caff)/s;

function notPacked(head: Uint8Array, name: string, raw: PcmFormat): PcmFormat {
  if (!PACKED.test(Buffer.from(head).toString('latin1'))) return raw;
  throw unreadable(name, 'a packed sound');
}

function unreadable(name: string, what: string): KdtalkerError {
  return new KdtalkerError(
    'SPEECH_UNREADABLE',
    `Expected WAV or raw PCM for speech that is spoken while it comes but received ${name}, which is ${what}. ` +
      "Decode it: 'ffmpeg -i FILE -f wav -' writes WAV to a pipe.",
  );
}

async function openWav(reader: ByteReader, name: string): Promise<Omit<PcmInput, 'close'>> {
  const header = await readWavHeader(reader, name);
  if (header === undefined) throw unreadable(name, 'WAV of a coding that only ffmpeg reads');
  const { sampleRate: rate, channels, coding } = header;
  const pieces = restOf(reader, header.dataBytes);
  const kept = channels <= 2 ? (channels as 1 | 2) : 1;
  if (coding === 's16' && channels <= 2) return { format: { rate, channels: kept, format: 's16le' }, pieces };
  return { format: { rate, channels: kept, format: 'f32le' }, pieces: floats(pieces, header) };
}

async function* restOf(reader: ByteReader, most = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  for (let left = most; left > 0; ) {
    const bytes = await reader.some(Math.min(left, MOST));
    if (bytes.length === 0) return;
    left -= bytes.length;
    yield bytes;
  }
}

async function* floats(pieces: AsyncIterable<Uint8Array>, header: WavHeader): AsyncGenerator<Uint8Array> {
  const { bytesPerFrame, channels, coding } = header;
  let rest = new Uint8Array();
  for await (const piece of pieces) {
    const bytes = Uint8Array.from(Buffer.concat([rest, piece]));
    const whole = bytes.length - (bytes.length % bytesPerFrame);
    rest = bytes.slice(whole);
    const samples = decodeWav(bytes.subarray(0, whole), coding);
    const block = { samples, channels, scale: CODING_SCALES[coding] };
    const { buffer, byteLength } = channels <= 2 ? toFloats(block) : mixDown(block);
    if (byteLength > 0) yield new Uint8Array(buffer, 0, byteLength);
  }
}
