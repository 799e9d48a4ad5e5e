import type { PixelFormat } from '../../binding.js';
import { compose, resizedToOriginal } from '../../face/geometry.js';
import { Pyramid } from '../../face/pyramid.js';
import { bytesOfFrame } from '../../media/index.js';
import type { PackManifest } from '../../packs/pack.js';
import type { Picture } from '../../picture.js';
import { loadSharp } from '../../sharp.js';
import type { PortraitCrop } from './cut.js';

/**
 * How opaque frames are, a byte a pixel: that of the picture stands still, as its border does. The engine renders colours alone; what
 * follows adds it where it is wanted.
 */
export interface Opacity {
  /** Of whole pictures; undefined where the photo is not kept. */
  readonly full: Uint8Array | undefined;
  /** Of rendered crops. */
  readonly crop: Uint8Array;
}

/** How opaque a portrait's rendered crops are; undefined where the picture is opaque. */
export async function opacityOf(
  picture: Picture,
  { size, toPhoto }: Pick<PortraitCrop, 'size' | 'toPhoto'>,
  { output }: PackManifest,
): Promise<Uint8Array | undefined> {
  const { alpha } = picture;
  if (alpha === undefined) return undefined;
  const toCut = resizedToOriginal(output.width / size, output.height / size);
  const view = new Pyramid(await greyOf(picture, alpha));
  const seen = await view.render(compose(toPhoto, toCut), output.width, output.height);
  return Uint8Array.from({ length: output.width * output.height }, (_, i) => seen.data[3 * i]!);
}

async function greyOf({ width, height }: Picture, alpha: Uint8Array): Promise<Picture> {
  const raw = { width, height, channels: 1 as const };
  const sharp = await loadSharp();
  const grey = sharp(alpha, { raw, limitInputPixels: false }).toColourspace('srgb');
  return { data: await grey.raw().toBuffer(), width, height };
}

/** How frames are laid out for those who take them: as the engine gives them, or with their opacity. */
export type FrameFormat = PixelFormat | 'rgba' | 'yuva420p';

/** What the engine is asked for. */
export function enginePixels(format: FrameFormat): PixelFormat {
  if (format === 'rgba') return 'rgb24';
  return format === 'yuva420p' ? 'yuv420p' : format;
}

/** Makes frames of what the engine rendered. One for each pass through a clip. */
export interface FrameFinish {
  /** Memory for one frame as the engine writes it. */
  room(): Uint8Array;
  /** The frame of it; may be the same memory. */
  finish(rendered: Uint8Array): Uint8Array;
}

/** How frames of a format get their opacity, or are laid on white where the format has none. `alpha` undefined: they are opaque. */
export function frameFinish(
  format: FrameFormat,
  { width, height }: { width: number; height: number },
  alpha: Uint8Array | undefined,
): FrameFinish {
  const pixels = width * height;
  const bytes = renderedBytes(format, width, height);
  const plain = () => new Uint8Array(bytes);
  if (format === 'yuva420p') return { room: () => withPlane(bytes, pixels, alpha), finish: (frame) => frame };
  if (format === 'rgba') return { room: plain, finish: (frame) => interleave(frame, pixels, alpha) };
  if (alpha === undefined) return { room: plain, finish: (frame) => frame };
  return { room: plain, finish: onWhite(format, width, height, alpha) };
}

/** Bytes of a frame as the engine writes it, with room for a plane of opacity. */
function renderedBytes(format: FrameFormat, width: number, height: number): number {
  if (format === 'rgbf32') return 12 * width * height;
  if (format === 'rgba') return bytesOfFrame('rgb24', width, height);
  return bytesOfFrame(format === 'nv12' ? 'yuv420p' : format, width, height);
}

/** The plane of opacity comes after those that the engine writes, and never changes. */
function withPlane(bytes: number, pixels: number, alpha: Uint8Array | undefined): Uint8Array {
  const frame = new Uint8Array(bytes);
  if (alpha) frame.set(alpha, bytes - pixels);
  else frame.fill(255, bytes - pixels);
  return frame;
}

function interleave(rgb: Uint8Array, pixels: number, alpha: Uint8Array | undefined): Uint8Array {
  const rgba = new Uint8Array(4 * pixels);
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += 3, to += 4) {
    rgba[to] = rgb[from]!;
    rgba[to + 1] = rgb[from + 1]!;
    rgba[to + 2] = rgb[from + 2]!;
    rgba[to + 3] = alpha ? alpha[i]! : 255;
  }
  return rgba;
}

function onWhite(
  format: PixelFormat,
  width: number,
  height: number,
  alpha: Uint8Array,
): (frame: Uint8Array) => Uint8Array {
  if (format === 'rgb24') return (frame) => mix(frame, alpha, 3, 255);
  if (format === 'yuv420p' || format === 'nv12') {
    const half = halved(alpha, width, height);
    return (frame) => {
      const luma = alpha.length;
      mix(frame.subarray(0, luma), alpha, 1, 235);
      if (format === 'nv12') {
        mix(frame.subarray(luma), half, 2, 128);
        return frame;
      }
      mix(frame.subarray(luma, luma + half.length), half, 1, 128);
      mix(frame.subarray(luma + half.length), half, 1, 128);
      return frame;
    };
  }
  return (frame) => {
    const planes = new Float32Array(frame.buffer, frame.byteOffset, 3 * alpha.length);
    for (let c = 0; c < 3; c++) mix(planes.subarray(c * alpha.length, (c + 1) * alpha.length), alpha, 1, 1);
    return frame;
  };
}

/** Lays values on `white`, in place; each opacity counts for `each` of them. */
function mix<Values extends Uint8Array | Float32Array>(
  values: Values,
  alpha: Uint8Array,
  each: number,
  white: number,
): Values {
  const half = values instanceof Uint8Array ? 0.5 : 0;
  for (let i = 0; i < alpha.length; i++) {
    const share = alpha[i]! / 255;
    if (share === 1) continue;
    for (let k = i * each; k < (i + 1) * each; k++)
      values[k] = values[k]! * share + white * (1 - share) + half;
  }
  return values;
}

/** The mean of each two by two, halves of odd sides rounded up, as colour is stored in 4:2:0. */
function halved(alpha: Uint8Array, width: number, height: number): Uint8Array {
  const columns = Math.ceil(width / 2);
  const rows = Math.ceil(height / 2);
  const at = (x: number, y: number) => alpha[Math.min(y, height - 1) * width + Math.min(x, width - 1)]!;
  return Uint8Array.from({ length: columns * rows }, (_, i) => {
    const x = 2 * (i % columns);
    const y = 2 * Math.floor(i / columns);
    return (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) + 2) >> 2;
  });
}
