import { types } from 'node:util';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { orAborted } from '../abort.js';
import { invalidArgument, KdtalkerError, throwIfAborted } from '../errors.js';
import type { Picture } from '../picture.js';
import { loadSharp } from '../sharp.js';
import { checkInputFile } from './input.js';
import { MAX_PIXELS } from './limits.js';

/** Pixels already decoded: rows from the top, channels interleaved, 8 bits each. */
export interface RawPicture {
  /** `width * height * channels` bytes. */
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
  /** 1 is grey, 3 is RGB, 4 is RGB with straight (not premultiplied) alpha. All of them sRGB. */
  channels: 1 | 3 | 4;
}

/** A picture as `talker.portrait()` takes it: a path, the bytes of a file, or raw pixels. */
export type PictureInput = string | Uint8Array | RawPicture;

/** The shortest side that is looked at. */
export const MIN_SIDE = 32;

/** What transparent pixels are laid onto: mid grey, which fringes dark and light hair equally little. */
const BACKDROP = { r: 128, g: 128, b: 128 };

/**
 * Decodes a picture of any format sharp reads (PNG, JPEG, WebP, AVIF, GIF, TIFF, SVG), in any depth and colour space.
 *
 * EXIF orientation is applied, embedded colour profiles and CMYK become sRGB, transparency is laid on mid grey, of
 * an animation the first frame is taken.
 *
 * @param input a path, the bytes of a picture file, or raw pixels.
 * @throws FILE_NOT_FOUND, PICTURE_UNREADABLE, PICTURE_TOO_SMALL (a side under 32 px), PICTURE_TOO_LARGE (over 120
 *   megapixels; found out without decoding), INVALID_ARGUMENT, ABORTED
 */
export async function readPicture(
  input: PictureInput,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Picture> {
  const { signal } = options;
  throwIfAborted(signal, 'Reading the picture');
  const work = isRaw(input) ? readRaw(input) : readEncoded(input);
  return orAborted(work, { signal, what: 'Reading the picture' });
}

/** The same pixels as the bytes of a PNG file. Level 4 takes half the time of the default for a twentieth more bytes. */
export async function encodePng({ data, width, height }: Picture): Promise<Uint8Array> {
  const raw = { width, height, channels: 3 as const };
  const sharp = await loadSharp();
  return sharp(data, { raw, limitInputPixels: false }).png({ compressionLevel: 4 }).toBuffer();
}

function isRaw(input: PictureInput): input is RawPicture {
  return typeof input === 'object' && input !== null && !types.isUint8Array(input);
}

async function readEncoded(input: string | Uint8Array): Promise<Picture> {
  const bytes = await checkEncoded(input);
  const name = nameOf(input);
  if (bytes === 0) throw unreadable(name, 'is empty');
  // 'error' is the mildest level at which every decoder reports a file that was cut short.
  const options: SharpOptions = { failOn: 'error', limitInputPixels: false };
  const sharp = await loadSharp();
  const metadata = await headerOf(sharp(input, options), name);
  checkPictureSize(metadata.width, metadata.height, name);
  return decode(sharp(input, options).autoOrient(), name);
}

async function checkEncoded(input: string | Uint8Array): Promise<number> {
  if (typeof input === 'string') return checkInputFile(input, 'portrait');
  if (types.isUint8Array(input)) return input.byteLength;
  throw invalidArgument('a path, bytes or raw pixels', 'portrait', input);
}

async function headerOf(image: Sharp, name: string): Promise<Metadata> {
  return image.metadata().catch((cause: unknown) => {
    throw unreadable(name, `is not one (${reasonOf(cause)})`, cause);
  });
}

async function readRaw(input: RawPicture): Promise<Picture> {
  checkRaw(input);
  const { data, width, height, channels } = input;
  const sharp = await loadSharp();
  return decode(sharp(data, { raw: { width, height, channels }, limitInputPixels: false }), 'raw pixels');
}

function checkRaw(input: RawPicture): void {
  const { data, width, height, channels } = input;
  if (!types.isUint8Array(data) && !types.isUint8ClampedArray(data)) {
    throw invalidArgument('a Uint8Array', 'portrait.data', data);
  }
  if (!Number.isInteger(width) || width < 1)
    throw invalidArgument('a positive integer', 'portrait.width', width);
  if (!Number.isInteger(height) || height < 1)
    throw invalidArgument('a positive integer', 'portrait.height', height);
  if (![1, 3, 4].includes(channels)) throw invalidArgument('1, 3 or 4', 'portrait.channels', channels);
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw invalidArgument(`${expected} bytes (${width}x${height}x${channels})`, 'portrait.data', data);
  }
  checkPictureSize(width, height, 'raw pixels');
}

/** @throws PICTURE_TOO_LARGE, PICTURE_TOO_SMALL */
export function checkPictureSize(width: number, height: number, name: string): void {
  if (width * height > MAX_PIXELS) {
    throw new KdtalkerError(
      'PICTURE_TOO_LARGE',
      `Expected at most ${MAX_PIXELS / 1e6} megapixels for portrait but received ${width}x${height} (${name}). ` +
        'Scale it down first.',
    );
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new KdtalkerError(
      'PICTURE_TOO_SMALL',
      `Expected at least ${MIN_SIDE} pixels on each side for portrait but received ${width}x${height} (${name}). ` +
        'Give a larger picture.',
    );
  }
}

async function decode(image: Sharp, name: string): Promise<Picture> {
  const pixels = image
    .flatten({ background: BACKDROP })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' });
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true }).catch((cause: unknown) => {
    throw unreadable(name, `is damaged (${reasonOf(cause)})`, cause);
  });
  const { width, height, channels } = info;
  if ((channels as number) !== 3) throw unreadable(name, `decodes to ${channels} channels`);
  return { data, width, height };
}

function nameOf(input: string | Uint8Array): string {
  return typeof input === 'string' ? `'${input}'` : `${input.byteLength} bytes`;
}

/** sharp's own words: the first line, the rest repeats it for other loaders. */
function reasonOf(cause: unknown): string {
  return String((cause as Error)?.message ?? cause).split('\n', 1)[0]!;
}

function unreadable(name: string, why: string, cause?: unknown): KdtalkerError {
  const message =
    `Expected a picture for portrait but received ${name}, which ${why}. ` +
    'Give a whole PNG, JPEG, WebP, AVIF, GIF or TIFF file.';
  return new KdtalkerError('PICTURE_UNREADABLE', message, { cause });
}
