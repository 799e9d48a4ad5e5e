import { addAbortSignal, Readable } from 'node:stream';
import { types } from 'node:util';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { asKdtalkerError, invalidArgument, KdtalkerError, quote } from '../errors.js';
import { loadSharp } from '../sharp.js';
import { type FileInput, fileOf } from './file-input.js';
import { headOf } from './head.js';
import { looksLikeTga, otherKind, stillKind } from './picture-kind.js';
import { isPipe, isStream, openPipe } from './pipe.js';
import { decodeStill, type StillKind } from './still.js';

/** The most bytes read from a stream: a little more than the largest picture without compression. */
const MAX_STREAM_BYTES = 2 ** 30;

/** An opened picture file. */
export interface PictureFile {
  readonly image: Sharp;
  /** Pixels as stored, before EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** The picture's name in messages. */
  readonly name: string;
}

/**
 * Opens a picture file with sharp, or with ffmpeg for the formats that sharp cannot read (HEIC, BMP, JPEG 2000, PSD, TGA).
 *
 * @throws the errors of readPicture
 */
export async function openPicture(
  input: FileInput | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<PictureFile> {
  const file = await wholeFile(input, signal);
  const name = nameOf(file);
  const head = await headOf(file, 'portrait');
  if (head.length === 0) throw unreadable(name, 'is empty');
  const kind = stillKind(head);
  if (kind) return openStill(file, kind, name, signal);
  const opened = await openWithSharp(file, name).catch((error: unknown) => {
    if (looksLikeTga(head)) return undefined;
    throw nameKind(error, head, name);
  });
  if (opened === undefined) return openStill(file, 'tga', name, signal);
  return opened.compression === 'hevc' ? openStill(file, 'heic', name, signal) : opened;
}

async function wholeFile(
  input: FileInput | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string | Uint8Array> {
  if (isStream(input)) return bytesOf(input, 'a stream', signal);
  const file = await fileOf(input, 'portrait', 'a path, bytes, a stream of bytes or raw pixels');
  if (typeof file !== 'string' || !(await isPipe(file))) return file;
  return bytesOf(await openPipe(file, 'portrait'), quote(file), signal);
}

async function bytesOf(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const readable = stream instanceof Readable ? stream : Readable.from(stream);
  if (signal) addAbortSignal(signal, readable);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of readable) {
      if (!types.isUint8Array(piece)) throw invalidArgument('a stream of bytes', 'portrait', piece);
      bytes += piece.length;
      if (bytes > MAX_STREAM_BYTES) throw unreadable(name, 'has more than 1 GiB');
      pieces.push(piece);
    }
  } catch (error) {
    throw asKdtalkerError(error, 'PICTURE_UNREADABLE', unreadable(name, 'failed').message);
  } finally {
    readable.destroy();
  }
  return Buffer.concat(pieces);
}

async function openWithSharp(
  file: string | Uint8Array,
  name: string,
): Promise<PictureFile & { compression: Metadata['compression'] }> {
  // 'error' is the lowest level at which every decoder reports a truncated file.
  const options: SharpOptions = { failOn: 'error', limitInputPixels: false };
  const sharp = await loadSharp();
  const { width, height, compression } = await sharp(file, options)
    .metadata()
    .catch((cause: unknown) => {
      throw unreadable(name, `is not one (${reasonOf(cause)})`, cause);
    });
  return { image: sharp(file, options).autoOrient(), width, height, name, compression };
}

async function openStill(
  file: string | Uint8Array,
  kind: StillKind,
  name: string,
  signal: AbortSignal | undefined,
): Promise<PictureFile> {
  const png = await decodeStill(file, kind, name, signal).catch((error: unknown) => {
    throw withoutFfmpeg(error, kind, name);
  });
  return openWithSharp(png, name);
}

/** Adds to the message why ffmpeg is needed, and which formats work without it. */
function withoutFfmpeg(error: unknown, kind: StillKind, name: string): unknown {
  if (!(error instanceof KdtalkerError) || error.code !== 'FFMPEG_NOT_FOUND') return error;
  const message = `Expected ffmpeg, which reads ${kind.toUpperCase()} files, for portrait (${name}) but found none. Install it, or give a PNG or JPEG file.`;
  return new KdtalkerError('FFMPEG_NOT_FOUND', `${message} ${error.message}`, { cause: error });
}

function nameKind(error: unknown, head: Uint8Array, name: string): unknown {
  const kind = otherKind(head);
  return kind === undefined ? error : unreadable(name, `is ${kind}`, error);
}

function nameOf(file: string | Uint8Array): string {
  return typeof file === 'string' ? quote(file) : `${file.byteLength} bytes`;
}

/** The first line of sharp's message; the rest repeats it for other loaders. */
export function reasonOf(cause: unknown): string {
  return String((cause as Error)?.message ?? cause).split('\n', 1)[0]!;
}

/** PICTURE_UNREADABLE with its usual message. */
export function unreadable(name: string, why: string, cause?: unknown): KdtalkerError {
  const message =
    `Expected a picture for portrait but received ${name}, which ${why}. ` +
    'Give a whole PNG, JPEG, WebP, AVIF, GIF or TIFF file.';
  return new KdtalkerError('PICTURE_UNREADABLE', message, { cause });
}
