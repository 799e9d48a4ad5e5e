import { KdtalkerError } from '../errors.js';
import { stillInput } from './ffmpeg-input.js';
import { FfmpegProcess } from './ffmpeg-process.js';
import { MAX_PIXELS } from './limits.js';
import { InputFile } from './sources/input-file.js';
import { probe } from './sources/probe.js';

/** ffmpeg's decoders for pictures that sharp cannot read. HEIC has none of its own: it is a container of video pictures. */
const DECODERS = { bmp: 'bmp', jp2: 'jpeg2000', psd: 'psd', tga: 'targa', heic: undefined } as const;

/** Kinds of picture that {@link decodeStill} reads. */
export type StillKind = keyof typeof DECODERS;

/** Four channels of 16 bits, and PNG's overhead for incompressible data. */
const MAX_PNG_BYTES = 8 * MAX_PIXELS * 1.01 + 2 ** 16;

/**
 * Decodes one picture into a PNG file in memory; keeps depth and alpha. ffmpeg may open nothing but that picture.
 *
 * @param input a path, or the bytes of the file
 * @param kind the detected kind of the bytes
 * @param name the input's name in messages
 * @throws PICTURE_UNREADABLE, PICTURE_TOO_LARGE, FFMPEG_NOT_FOUND, FFMPEG_FAILED (it was killed), ABORTED, OUTPUT_UNWRITABLE and
 *   OUTPUT_DISK_FULL (of the system's temporary folder, for bytes)
 */
export async function decodeStill(
  input: string | Uint8Array,
  kind: StillKind,
  name: string,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array> {
  const file = new InputFile(typeof input === 'string' ? input : () => [input]);
  try {
    const path = await file.path();
    if (kind === 'heic') await refuseTiles(path, name, signal);
    return await decode(path, kind, name, signal);
  } finally {
    await file.remove();
  }
}

/** A phone's HEIC is often a grid of tiles, each a video track; ffmpeg would return the first tile instead of the whole. */
async function refuseTiles(path: string, name: string, signal: AbortSignal | undefined): Promise<void> {
  const { tracks } = await probe(path, signal);
  if (tracks.filter(({ kind }) => kind === 'pictures').length > 1)
    throw unreadable(name, 'heic', 'is made of tiles, which ffmpeg does not put together');
}

async function decode(
  path: string,
  kind: StillKind,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  // Level 1, because the file is decoded again at once.
  const png = ['-frames:v', '1', '-c:v', 'png', '-compression_level', '1', '-f', 'image2pipe', 'pipe:1'];
  const args = ['-loglevel', 'info', ...stillInput(path, DECODERS[kind]), ...png];
  const process = FfmpegProcess.start(args, { signal, what: `Decoding ${name}`, stdout: true });
  try {
    const bytes = await readAll(process, name);
    const exit = await process.wait();
    const error = process.errorOf(exit);
    if (error === undefined && bytes.length > 0) return bytes;
    if (error && (error.code !== 'FFMPEG_FAILED' || exit.signal)) throw error;
    const [, width, height] = /Picture size (\d+)x(\d+)/.exec(exit.stderr) ?? [];
    if (width !== undefined) throw tooLarge(name, `${width}x${height}`, error);
    throw unreadable(name, kind, 'ffmpeg cannot decode', error);
  } finally {
    await process.kill();
  }
}

async function readAll(process: FfmpegProcess, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of process.stdout) {
    bytes += piece.length;
    if (bytes > MAX_PNG_BYTES) throw tooLarge(name, 'more');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(name: string, size: string, cause?: unknown): KdtalkerError {
  const message = `Expected at most ${MAX_PIXELS / 1e6} megapixels for portrait but received ${size} (${name}). Scale it down first.`;
  return new KdtalkerError('PICTURE_TOO_LARGE', message, { cause });
}

function unreadable(name: string, kind: StillKind, why: string, cause?: KdtalkerError): KdtalkerError {
  const said = cause ? ` ${cause.message}` : '';
  const message = `Expected a picture for portrait but received ${name}, a ${kind.toUpperCase()} file that ${why}. Give a PNG or JPEG file.${said}`;
  return new KdtalkerError('PICTURE_UNREADABLE', message, { cause });
}
