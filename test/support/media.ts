import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { EncoderPixelFormat } from '../../dist/media/index.js';
import { locateFfmpeg } from '../../dist/media/index.js';

/** How to write a WAV file, including wrongly. */
export interface WavOptions {
  /** One array per channel, values -1..1 (or raw bit patterns where `raw` is set). */
  channels: ArrayLike<number>[];
  rate?: number;
  coding?: 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';
  /** Values are the integers to store. */
  raw?: boolean;
  extensible?: boolean;
  rf64?: boolean;
  /** Chunks before the samples: an odd one and a LIST. */
  extraChunks?: boolean;
  /** A LIST chunk after the samples. */
  trailer?: boolean;
  /** Overrides the size in the header of the data chunk. */
  dataSize?: number;
  /** Overrides the size in the outer header. */
  riffSize?: number;
  /** Overrides the bytes of a block, and with them those of a second. */
  blockSize?: number;
  /** Overrides the bits of a sample. */
  bits?: number;
  /** Bits of a sample that count, where `extensible`. */
  validBits?: number;
  /** Odd chunks are not followed by a byte of padding. */
  unpadded?: boolean;
  /** Samples of a second chunk 'data'. */
  second?: ArrayLike<number>[];
}

const WIDTH = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };

/** A WAV file in memory, independent of the library's own writer. */
export function wav(options: WavOptions): Buffer {
  const { channels, coding = 's16' } = options;
  const data = interleave(channels, coding, options.raw);
  const odd = chunk('junk', Buffer.from('abc'));
  const parts = [
    format(options),
    ...(options.extraChunks ? [odd, list()] : []),
    ...(options.unpadded ? [odd.subarray(0, -1)] : []),
  ];
  const dataHead = Buffer.alloc(8);
  dataHead.write('data', 'latin1');
  dataHead.writeUInt32LE(options.rf64 ? 0xffffffff : (options.dataSize ?? data.length), 4);
  if (options.rf64) parts.unshift(chunk('ds64', longSizes(data.length)));
  const after = [
    ...(options.trailer ? [list()] : []),
    ...(options.second ? [chunk('data', interleave(options.second, coding, options.raw))] : []),
  ];
  const body = Buffer.concat([...parts, dataHead, data, ...after]);
  const head = Buffer.alloc(12);
  head.write(options.rf64 ? 'RF64' : 'RIFF', 'latin1');
  head.writeUInt32LE(options.rf64 ? 0xffffffff : (options.riffSize ?? body.length + 4), 4);
  head.write('WAVE', 8, 'latin1');
  return Buffer.concat([head, body]);
}

function interleave(
  channels: ArrayLike<number>[],
  coding: NonNullable<WavOptions['coding']>,
  raw = false,
): Buffer {
  const width = WIDTH[coding];
  const frames = channels[0]!.length;
  const data = Buffer.alloc(frames * channels.length * width);
  for (let i = 0, at = 0; i < frames; i++) {
    for (const channel of channels) {
      store(data, at, coding, raw ? channel[i]! : scale(channel[i]!, coding));
      at += width;
    }
  }
  return data;
}

function scale(value: number, coding: NonNullable<WavOptions['coding']>): number {
  if (coding === 'f32' || coding === 'f64') return value;
  if (coding === 'u8') return Math.round(value * 127) + 128;
  return Math.round(value * (2 ** (8 * WIDTH[coding] - 1) - 1));
}

function store(data: Buffer, at: number, coding: NonNullable<WavOptions['coding']>, value: number): void {
  if (coding === 'f32') data.writeFloatLE(value, at);
  else if (coding === 'f64') data.writeDoubleLE(value, at);
  else if (coding === 'u8') data.writeUInt8(value, at);
  else data.writeIntLE(value, at, WIDTH[coding]);
}

function format({ channels, coding = 's16', rate = 16000, extensible, ...wrong }: WavOptions): Buffer {
  const width = WIDTH[coding];
  const block = wrong.blockSize ?? channels.length * width;
  const code = coding.startsWith('f') ? 3 : 1;
  const body = Buffer.alloc(extensible ? 40 : 16);
  body.writeUInt16LE(extensible ? 0xfffe : code, 0);
  body.writeUInt16LE(channels.length, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE((rate * block) % 2 ** 32, 8);
  body.writeUInt16LE(block, 12);
  body.writeUInt16LE(wrong.bits ?? width * 8, 14);
  if (extensible) {
    body.writeUInt16LE(22, 16);
    body.writeUInt16LE(wrong.validBits ?? width * 8, 18);
    body.writeUInt16LE(code, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(body, 26);
  }
  return chunk('fmt ', body);
}

function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function list(): Buffer {
  return chunk('LIST', Buffer.from('INFOISFT\x04\0\0\0test', 'latin1'));
}

function longSizes(data: number): Buffer {
  const body = Buffer.alloc(28);
  body.writeBigUInt64LE(BigInt(data), 8);
  return body;
}

/** `seconds` of a sine, amplitude 0.5. */
export function sine(seconds: number, rate = 16000, hertz = 440): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate),
  );
}

/** `seconds` of something like a voice: noise whose loudness comes and goes, so that no passage is like another. */
export function babble(seconds: number, rate = 16000, seed = 1): Float32Array {
  let [state, low, lower] = [seed, 0, 0];
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => {
    state = (state * 48271) % 2147483647;
    low += 0.15 * ((2 * state) / 2147483647 - 1 - low);
    lower += 0.3 * (low - lower);
    return 1.2 * lower * (0.3 + 0.7 * Math.abs(Math.sin((i / rate) * 7)));
  });
}

/** By how many samples `late` lies behind `sound`, where they are most alike, and how much alike they are then: 1 is the same. */
export function lagOf(
  late: Float32Array,
  sound: Float32Array,
  most: number,
): { lag: number; correlation: number } {
  const lags = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
  const all = lags.map((lag) => ({ lag, correlation: correlationAt(late, sound, lag) }));
  return all.reduce((best, one) => (one.correlation > best.correlation ? one : best));
}

function correlationAt(late: Float32Array, sound: Float32Array, lag: number): number {
  const from = Math.max(0, -lag);
  const to = Math.min(sound.length, late.length - lag);
  let [product, a, b] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    product += late[i + lag]! * sound[i]!;
    a += late[i + lag]! ** 2;
    b += sound[i]! ** 2;
  }
  return product / Math.sqrt(a * b || 1);
}

/** What a player hears of a file's sound, as mono of 16 kHz, in the time of the file. */
export function heard(file: string): Float32Array {
  const how = ['-map', '0:a:0', '-af', 'aresample=16000:async=1:first_pts=0', '-ac', '1', '-f', 'f32le'];
  // The file's time 0 is that of its pictures, which begin at 0: samples before it prepare the decoder.
  const bytes = ffmpeg('-copyts', '-i', file, ...how, 'pipe:1');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Everything that chunks() gives, in one array. */
export async function collect(chunks: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const part of chunks) parts.push(part);
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Runs the ffmpeg that the library would use, for fixtures and for looking into results. */
export function ffmpeg(...args: string[]): Buffer {
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y'];
  return execFileSync(locateFfmpeg().path, [...quiet, ...args], { maxBuffer: 2 ** 28 });
}

/** Every ffmpeg on this machine that the tests may use: the one on PATH and the packaged one. */
export function ffmpegs(): string[] {
  const saved = { named: process.env.FFMPEG_PATH, path: process.env.PATH };
  const found = new Set<string>();
  for (const path of [saved.path ?? '', '/nowhere']) {
    process.env.PATH = path;
    try {
      found.add(locateFfmpeg().path);
    } catch {
      // Not installed there.
    }
  }
  process.env.PATH = saved.path;
  return [...found];
}

/** What `ffmpeg -i` prints about a file. */
export function describeMedia(file: string): string {
  try {
    execFileSync(locateFfmpeg().path, ['-nostdin', '-hide_banner', '-i', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
  return '';
}

/** Decoded video frames of a file, each `bytes` long. */
export function decodeFrames(file: string, pixelFormat: 'yuv420p' | 'rgb24', bytes: number): Buffer[] {
  const raw = ffmpeg(
    '-i',
    file,
    '-map',
    '0:v:0',
    '-vsync',
    '0',
    '-pix_fmt',
    pixelFormat,
    '-f',
    'rawvideo',
    'pipe:1',
  );
  return Array.from({ length: Math.floor(raw.length / bytes) }, (_, i) =>
    raw.subarray(i * bytes, (i + 1) * bytes),
  );
}

/** Seconds of a file's first sound track, counted in decoded samples. */
export function soundSeconds(file: string, rate = 48000): number {
  return (
    ffmpeg('-i', file, '-map', '0:a:0', '-ac', '1', '-ar', String(rate), '-f', 's16le', 'pipe:1').length /
    2 /
    rate
  );
}

/** A frame with a slanted ramp that moves with `index`: something to encode. */
export function frame(
  pixelFormat: EncoderPixelFormat,
  width: number,
  height: number,
  index: number,
): Uint8Array {
  const data = new Uint8Array(pixelFormat === 'rgb24' ? width * height * 3 : (width * height * 3) / 2);
  const samples = pixelFormat === 'rgb24' ? 3 : 1;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < samples; c++) data[at++] = 16 + ((x + y + 3 * index + 20 * c) % 200);
    }
  }
  if (pixelFormat === 'yuv420p') data.fill(128, width * height);
  return data;
}

/** Names in a folder, hidden ones too. */
export function names(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** Asserts that a call fails with a code and, when given, a message. Returns the error. */
export async function fails(
  t: Test,
  call: () => Promise<unknown>,
  code: string,
  message?: RegExp,
): Promise<Error | undefined> {
  try {
    await call();
  } catch (error) {
    const { name, code: actual } = error as Error & { code: string };
    t.equal(actual, code, `code is ${code}, not: ${(error as Error).message}`);
    t.match(name, code === 'ABORTED' ? 'AbortError' : 'KdtalkerError');
    if (message) t.match((error as Error).message, message);
    return error as Error;
  }
  t.fail(`did not fail with ${code}`);
  return undefined;
}

/** Whether a process still exists; a child becomes a zombie only if nobody waits for it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes with `text` in their command line, as 'id arguments'. */
export function processesWith(text: string): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return ids.map((id) => `${id} ${commandLine(id)}`).filter((line) => line.includes(text));
}

/** Waits until no process has `text` in its command line: one that was killed is gone a moment later. */
export async function gone(text: string): Promise<void> {
  while (processesWith(text).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It ended since it was listed.
    return '';
  }
}

/** Sets environment variables until the test ends. */
export function setEnvironment(t: Test, values: Record<string, string | undefined>): void {
  const saved = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  apply(values);
  t.teardown(() => apply(saved));
}

function apply(values: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** A folder on a file system of its own, of `size` or read-only, until the test ends; undefined where that is not allowed. */
export function mountTmpfs(t: Test, options: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  t.teardown(() => rmdirSync(folder));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  t.teardown(() => execFileSync('umount', ['-l', folder]));
  return folder;
}
