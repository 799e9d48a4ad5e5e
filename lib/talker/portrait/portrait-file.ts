import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { HostTensors } from '../../binding.js';
import { KdtalkerError } from '../../errors.js';
import { CROP_KINDS, type CropKind } from '../../face/crop/index.js';
import type { FaceRatios } from '../../face/schemes.js';
import { newHash } from '../../files/hash.js';
import { decodePng, encodePng } from '../../media/index.js';
import type { Pack } from '../../packs/pack.js';
import { readSafetensors, type TensorToStore, writeSafetensors } from '../../packs/safetensors.js';
import type { Picture } from '../../picture.js';
import { parseFile } from '../../validate.js';
import type { PortraitCrop } from './cut.js';
import type { Opacity } from './opacity.js';
import type { PhotoSize } from './photo.js';

// A portrait file is a .safetensors file: the engine's tensors, the whole picture where it is kept, and in the metadata the crop, the
// ratios of eyes and lips where they are known, and which pack made it. The first version had no number, no picture and no ratios. A file
// has the lowest version whose readers understand it: the third where the picture is transparent in parts, the fourth where it is smaller
// than the one that the crop was cut out of.
const FORMAT = 'kdtalker-portrait';
const VERSION = 4;
const TRANSPARENT_VERSION = 3;
const PLAIN_VERSION = 2;
const TENSORS = ['feature', 'canonical', 'motion'] as const;
/** The bytes of a PNG file: half the size of the pixels, without loss. */
const PHOTO = 'photo';
/** How opaque rendered crops are, a byte a pixel; that of the photo is in its PNG. */
const OPACITY = 'opacity';

const matrix = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);
const cropSchema = z.strictObject({
  kind: z.enum(CROP_KINDS as [CropKind, ...CropKind[]]),
  size: z.int().positive(),
  toPhoto: matrix,
  toCrop: matrix,
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  score: z.number().optional(),
});

const openness = z.number().min(0);
const ratiosSchema = z.strictObject({ eyes: z.tuple([openness, openness]), lip: openness });

const sizeSchema = z.strictObject({ width: z.int().positive(), height: z.int().positive() });

/** What a portrait file keeps. */
export interface StoredPortrait {
  readonly crop: PortraitCrop;
  readonly ratios: FaceRatios | undefined;
  /** The engine's. */
  readonly tensors: HostTensors;
  /** The whole picture, where it is kept. */
  readonly picture: Picture | undefined;
  /** The size of the picture that the crop was cut out of; undefined: that of the kept one. */
  readonly original: PhotoSize | undefined;
  /** Undefined: all of it is opaque. */
  readonly opacity: Opacity | undefined;
}

/** Identifies the networks that a portrait's tensors belong to. */
function fingerprint({ manifest }: Pack): string {
  const { appearance, motion } = manifest.roles;
  return `${appearance.sha256.slice(0, 16)}-${motion.sha256.slice(0, 16)}`;
}

/** A checksum, so that a flipped bit is an error and not visible in a frame. */
function digest(tensors: HostTensors, about: string): string {
  const hash = newHash().update(about);
  for (const name of [...TENSORS, PHOTO, OPACITY]) {
    const tensor = tensors[name];
    if (tensor === undefined) continue; // the picture, its opacity
    const { buffer, byteOffset, byteLength } = tensor.data;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** The file of a portrait. */
export async function portraitFileBytes(
  pack: Pack,
  { crop, ratios, tensors, picture, original, opacity }: StoredPortrait,
): Promise<Uint8Array> {
  const { name, version } = pack.manifest;
  const cropText = JSON.stringify(crop);
  const ratiosText = ratios && JSON.stringify(ratios);
  const stored = {
    ...tensors,
    ...(picture && (await photoTensor(picture))),
    ...(opacity && opacityTensor(opacity)),
  };
  const reduced = original && picture && !sameSize(original, picture) ? original : undefined;
  const originalText = reduced && JSON.stringify(reduced);
  const metadata = {
    format: FORMAT,
    version: String(reduced ? VERSION : opacity ? TRANSPARENT_VERSION : PLAIN_VERSION),
    pack: `${name} ${version}`,
    fingerprint: fingerprint(pack),
    crop: cropText,
    ...(ratiosText !== undefined && { ratios: ratiosText }),
    ...(originalText !== undefined && { original: originalText }),
    sha256: digest(stored, cropText + (ratiosText ?? '') + (originalText ?? '')),
  };
  return writeSafetensors(stored as Record<string, TensorToStore>, metadata);
}

async function photoTensor(picture: Picture): Promise<HostTensors> {
  const data = new Uint8Array(await encodePng(picture));
  return { [PHOTO]: { dims: [data.length], data } };
}

function opacityTensor({ crop }: Opacity): HostTensors {
  return { [OPACITY]: { dims: [crop.length], data: crop } };
}

/** Reads a file written by {@link portraitFileBytes}. @throws KdtalkerError FILE_NOT_FOUND, PORTRAIT_INVALID */
export async function loadPortraitFile(file: string, pack: Pack): Promise<StoredPortrait> {
  const bytes = await readFile(file).catch((cause) => {
    throw new KdtalkerError('FILE_NOT_FOUND', `Expected a portrait file at '${file}' but it cannot be read`, {
      cause,
    });
  });
  const fail = (why: string) =>
    new KdtalkerError(
      'PORTRAIT_INVALID',
      `Expected a whole portrait file but received '${file}': ${why}. Save it again`,
    );
  const { tensors, metadata } = readSafetensors(bytes, fail);
  if (metadata.format !== FORMAT) throw fail('it was not written by Portrait.save()');
  const version = Number(metadata.version ?? 1);
  if (!(version <= VERSION))
    throw fail(
      `it is of version ${metadata.version}, which a later release wrote, and this one knows up to ${VERSION}`,
    );
  if (metadata.fingerprint !== fingerprint(pack)) {
    throw fail(
      `it was made with pack ${metadata.pack}, and this talker has ${pack.manifest.name} ${pack.manifest.version}`,
    );
  }
  const found = hostTensors(tensors, fail);
  if (
    metadata.sha256 !==
    digest(found, (metadata.crop ?? '') + (metadata.ratios ?? '') + (metadata.original ?? ''))
  )
    throw fail('its bytes do not match their checksum');
  const { [PHOTO]: photo, [OPACITY]: opacity, ...kept } = found;
  const picture = photo && (await readPhoto(photo.data as Uint8Array, fail));
  return {
    crop: readCrop(metadata.crop, file),
    ratios: readRatios(metadata.ratios, file),
    tensors: kept,
    picture,
    original: readOriginal(metadata.original, file),
    opacity: opacity && { full: picture?.alpha, crop: opacity.data as Uint8Array },
  };
}

async function readPhoto(png: Uint8Array, fail: (why: string) => Error): Promise<Picture> {
  return decodePng(png).catch(() => {
    throw fail('its photo cannot be decoded');
  });
}

function readCrop(text: string | undefined, file: string): PortraitCrop {
  const json = parseJson(text);
  const { box, score, ...crop } = parseFile(cropSchema, json, `the crop in '${file}'`, 'PORTRAIT_INVALID');
  return { ...crop, box, score };
}

function readRatios(text: string | undefined, file: string): FaceRatios | undefined {
  if (text === undefined) return undefined;
  return parseFile(ratiosSchema, parseJson(text), `the ratios in '${file}'`, 'PORTRAIT_INVALID');
}

function readOriginal(text: string | undefined, file: string): PhotoSize | undefined {
  if (text === undefined) return undefined;
  return parseFile(sizeSchema, parseJson(text), `the size in '${file}'`, 'PORTRAIT_INVALID');
}

function sameSize(a: PhotoSize, b: PhotoSize): boolean {
  return a.width === b.width && a.height === b.height;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function hostTensors(
  stored: ReturnType<typeof readSafetensors>['tensors'],
  fail: (why: string) => Error,
): HostTensors {
  const entries = TENSORS.map((name) => {
    const tensor = stored[name];
    if (tensor?.dtype !== 'F32' || !(tensor.data as Float32Array).every(Number.isFinite)) {
      throw fail(`its tensor '${name}' is missing, not float32 or not finite`);
    }
    return [name, { dims: tensor.dims, data: tensor.data as Float32Array }];
  });
  return Object.fromEntries([
    ...entries,
    ...[PHOTO, OPACITY].flatMap((name) => bytesTensor(stored, name, fail)),
  ]);
}

function bytesTensor(
  stored: ReturnType<typeof readSafetensors>['tensors'],
  name: string,
  fail: (why: string) => Error,
) {
  const tensor = stored[name];
  if (tensor === undefined) return [];
  if (tensor.dtype !== 'U8') throw fail(`its tensor '${name}' is not uint8`);
  return [[name, { dims: tensor.dims, data: tensor.data as Uint8Array }] as const];
}
