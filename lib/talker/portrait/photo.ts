import type { NativePhoto } from '../../binding.js';
import { compose, resizedToOriginal } from '../../face/geometry.js';
import { resize } from '../../face/resample.js';
import type { PackManifest } from '../../packs/pack.js';
import type { Picture } from '../../picture.js';
import { loadSharp } from '../../sharp.js';
import type { PortraitCrop } from './cut.js';

/** The size of a picture in pixels. */
export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** The longer side of whole pictures where the caller does not choose: what players and encoders take everywhere. */
export const MAX_SIZE = 1920;

/** The size of a picture whose longer side is at most `maxSize`. */
export function fittedSize({ width, height }: PhotoSize, maxSize: number = MAX_SIZE): PhotoSize {
  const factor = Math.min(1, maxSize / Math.max(width, height));
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  return { width: side(width), height: side(height) };
}

/** A picture with its opacity as the whole pictures of clips show it: no side longer than `maxSize`. */
export async function fitPhoto(picture: Picture, maxSize?: number): Promise<Picture> {
  const { width, height } = fittedSize(picture, maxSize);
  if (width === picture.width && height === picture.height) return picture;
  const { data } = await resize(picture, width, height);
  const alpha = picture.alpha && (await reducedAlpha(picture, picture.alpha, { width, height }));
  return { data, width, height, alpha };
}

async function reducedAlpha(picture: PhotoSize, alpha: Uint8Array, size: PhotoSize): Promise<Uint8Array> {
  const raw = { width: picture.width, height: picture.height, channels: 1 as const };
  const sharp = await loadSharp();
  const reduced = sharp(alpha, { raw, limitInputPixels: false }).resize({ ...size, fit: 'fill' });
  return new Uint8Array(await reduced.extractChannel(0).raw().toBuffer());
}

/**
 * A whole picture for the engine. The rendered crop may differ in size from the one that was cut out, and the photo from the picture of
 * `original` size that it was cut out of.
 */
export function nativePhoto(
  photo: Picture,
  original: PhotoSize,
  { size, toPhoto }: Pick<PortraitCrop, 'size' | 'toPhoto'>,
  { output }: PackManifest,
): NativePhoto {
  const toCut = resizedToOriginal(output.width / size, output.height / size);
  const toFitted = resizedToOriginal(original.width / photo.width, original.height / photo.height);
  return { picture: photo, toPhoto: Float64Array.from(compose(toFitted, compose(toPhoto, toCut))) };
}
