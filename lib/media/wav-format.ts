import { KdtalkerError } from '../errors.js';

/** The coding of one sample; integers are little-endian and, from 16 bits on, signed. */
export type Coding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';

/** How the samples of a WAV file are stored. */
export interface WavFormat {
  sampleRate: number;
  channels: number;
  /** The loudspeaker of each channel, as the bits of WAVE_FORMAT_EXTENSIBLE; 0 if the file does not say. */
  speakers: number;
  coding: Coding;
  /** Bytes of one sample of every channel. */
  bytesPerFrame: number;
}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;

/**
 * Parses the body of a 'fmt ' chunk.
 *
 * @returns undefined for codings that only ffmpeg reads (A-law, ADPCM, MP3 in WAV)
 * @throws SPEECH_UNREADABLE
 */
export function parseFormat(body: Uint8Array, name: string): WavFormat | undefined {
  const isExtensible = uint16(body, 0) === FORMAT_EXTENSIBLE;
  if (body.length < (isExtensible ? 26 : 16)) throw damagedWav(name, 'its format is cut short');
  const code = isExtensible ? uint16(body, 24) : uint16(body, 0);
  if (code !== FORMAT_PCM && code !== FORMAT_FLOAT) return undefined;
  const channels = uint16(body, 2);
  const sampleRate = uint32(body, 4);
  if (channels === 0) throw damagedWav(name, 'it has 0 channels');
  if (sampleRate === 0) throw damagedWav(name, `its sample rate is ${sampleRate} Hz`);
  const coding = codingOf(code, bytesPerSample(body, channels));
  if (!coding) return undefined;
  const speakers = isExtensible ? speakersOf(uint32(body, 20), channels) : 0;
  return { sampleRate, channels, speakers, coding, bytesPerFrame: channels * bytesOf(coding) };
}

/**
 * Bytes of a stored sample: its bits, rounded up to whole bytes. Some writers declare 24 bits for 24 in 32: then the block size decides, if
 * it agrees with the bytes per second. An inconsistent block size is ignored.
 */
function bytesPerSample(body: Uint8Array, channels: number): number {
  const fromBits = Math.ceil(uint16(body, 14) / 8);
  const block = uint16(body, 12);
  const agrees = uint32(body, 8) === uint32(body, 4) * block;
  const fromBlock = block / channels;
  return agrees && fromBlock > fromBits && (fromBlock === 3 || fromBlock === 4) ? fromBlock : fromBits;
}

/** 12 and 20 bits occupy the upper bits of 16 and 24, so the container's coding reads them correctly. */
function codingOf(code: number, bytes: number): Coding | undefined {
  const codings: Record<number, Coding> =
    code === FORMAT_FLOAT ? { 4: 'f32', 8: 'f64' } : { 1: 'u8', 2: 's16', 3: 's24', 4: 's32' };
  return codings[bytes];
}

function bytesOf(coding: Coding): number {
  return Number(coding.slice(1)) / 8;
}

/** A mask whose number of speakers differs from the channels is ignored. */
function speakersOf(mask: number, channels: number): number {
  const count = mask.toString(2).replaceAll('0', '').length;
  return count === channels ? mask : 0;
}

export function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) + uint16(bytes, at + 2) * 2 ** 16;
}

export function damagedWav(name: string, why: string): KdtalkerError {
  const message = `Expected a whole WAV file for speech but received ${name}: ${why}. Save the recording again.`;
  return new KdtalkerError('SPEECH_UNREADABLE', message);
}
