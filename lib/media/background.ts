import type { Raw, Sharp } from 'sharp';
import type { Picture } from '../picture.js';
import { loadSharp } from '../sharp.js';
import { type Background, type Colour, WHITE } from './colour.js';

/** The longest side of the reduced picture in which colours are spread. */
const SPREAD_SIDE = 512;
/** The factors by which the copies are reduced, from the bottom layer to the top one. */
const SPREAD_STEPS = [16, 4, 1];

/** The factor on the opacity of a softened copy: a little of a colour is enough to fill the transparent parts beside it. */
const SPREAD_GAIN = 8;

/** The pixels of a decoded picture: 8 bits, sRGB, in front of a background. */
export async function layOn(image: Sharp, background: Background): Promise<Picture> {
  if (background === 'transparent') return keepTransparent(image);
  return pixelsOf(image.flatten({ background: colourOf(background) }).toColourspace('srgb'));
}

function colourOf(colour: Colour) {
  if (typeof colour === 'string') return colour;
  const [r, g, b] = colour;
  return { r, g, b };
}

async function pixelsOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if ((channels as number) !== 3) throw new Error(`it decodes to ${channels} channels`);
  return { data, width, height };
}

async function keepTransparent(image: Sharp): Promise<Picture> {
  const { data, info } = await image
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const raw: Raw = { width: info.width, height: info.height, channels: 4 };
  const sharp = await loadSharp();
  const open = () => sharp(data, { raw, limitInputPixels: false });
  if ((await open().stats()).isOpaque) return pixelsOf(open());
  return { ...(await spread(open, data, raw)), alpha: await open().extractChannel(3).raw().toBuffer() };
}

/**
 * Spreads the visible colours into the transparent parts, softer with the distance, and puts white behind them. A head that turns uncovers
 * a little of the transparent parts: hair appears there, not a seam of the colour that the file hides.
 */
async function spread(open: () => Sharp, data: Buffer, raw: Raw): Promise<Picture> {
  const { width, height } = raw;
  const scale = Math.min(1, SPREAD_SIDE / Math.max(width, height));
  const small = sizeOf(raw, scale);
  const layers = await Promise.all(
    SPREAD_STEPS.map((step) => softened(open, sizeOf(small, 1 / step), small)),
  );
  const sharp = await loadSharp();
  const create = { ...small, channels: 3 as const, background: WHITE };
  const behind = await sharp({ create }).composite(layers).removeAlpha().raw().toBuffer();
  const enlarged = sharp(behind, { raw: { ...small, channels: 3 }, limitInputPixels: false })
    .resize({ width, height, fit: 'fill', kernel: 'cubic' })
    .composite([{ input: data, raw }]);
  return pixelsOf(enlarged);
}

/** Reduces the picture to a smaller size and enlarges it to another one. */
async function softened(open: () => Sharp, smaller: Size, size: Size) {
  const reduced = await open()
    .resize({ ...smaller, fit: 'fill' })
    .raw()
    .toBuffer();
  const sharp = await loadSharp();
  const input = await sharp(reduced, { raw: { ...smaller, channels: 4 } })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .linear([1, 1, 1, SPREAD_GAIN], [0, 0, 0, 0])
    .raw()
    .toBuffer();
  return { input, raw: { ...size, channels: 4 as const } };
}

interface Size {
  width: number;
  height: number;
}

function sizeOf({ width, height }: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
