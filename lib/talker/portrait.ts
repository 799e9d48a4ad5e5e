import { z } from 'zod';
import {
  type NativePhoto,
  type NativePortraitOptions,
  native,
  type PortraitHandle,
  type TalkerHandle,
} from '../binding.js';
import { KdtalkerError, throwIfAborted } from '../errors.js';
import {
  CROP_KINDS,
  type CropKind,
  type CropOptions,
  type CropResult,
  cropPicture,
} from '../face/crop/index.js';
import type { Face, FaceChoice, FaceFinder, FaceRatios } from '../face/faces.js';
import { type Box, compose, type Matrix, type Point, resizedToOriginal } from '../face/geometry.js';
import { type Picture, type RawPicture, readPicture } from '../media/index.js';
import { keepKeypoints, placeKeypoints } from '../packs/landmarks.js';
import type { Pack, PackManifest } from '../packs/pack.js';
import { abortSignal, flag, oneOf, parseOptions } from '../validate.js';
import { Pending } from './pending.js';
import { loadPortraitFile, savePortraitFile } from './portrait-file.js';
import { checkPath } from './whole-file.js';

/** A picture as `talker.portrait()` takes it: a path, the bytes of a file, or raw pixels. */
export type PictureInput = string | Uint8Array | RawPicture;

/** How a portrait is cut out of a picture. */
export interface PortraitOptions {
  /** How the face is cut out; default: the pack's own. `'none'` takes the whole picture and looks for no face. */
  crop?: CropKind | undefined;
  /** Which face: `'largest'` (default), `'center'`, or an index, 0 the largest. */
  face?: FaceChoice | undefined;
  /** Left, top, width, height in pixels: look for the landmarks only there. */
  box?: Box | undefined;
  /** 68 points in the order of iBUG 300-W, pixels: used as they are. */
  landmarks?: readonly Point[] | undefined;
  /**
   * Keeps the whole picture, 3 bytes a pixel, for clips with `frame: 'full'` and in saved portraits. Default true.
   */
  keepPhoto?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Where a portrait was cut out of its picture. */
export interface PortraitCrop {
  kind: CropKind;
  /** Side of the square crop, pixels. */
  size: number;
  /** Row-major 2x3: pixel indices of the crop to pixel indices of the picture. */
  toPhoto: Matrix;
  /** Row-major 2x3: pixel indices of the picture to pixel indices of the crop. */
  toCrop: Matrix;
  /** Left, top, width, height of the face in the picture; undefined with the crop `'none'`. */
  box: Box | undefined;
  /** The detector's confidence, 0..1; 1 when box or landmarks were given; undefined with the crop `'none'`. */
  score: number | undefined;
}

const schema = z.strictObject(
  {
    crop: oneOf(...(CROP_KINDS as [CropKind, ...CropKind[]])).optional(),
    face: z.unknown().optional(), // the three below are checked by the face finder, which knows the picture
    box: z.unknown().optional(),
    landmarks: z.unknown().optional(),
    keepPhoto: flag.default(true),
    signal: abortSignal.optional(),
  },
  { error: 'an object' },
);

/** The size of a picture in pixels. */
export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** What a portrait needs of its talker. */
export interface PortraitHost {
  readonly handle: TalkerHandle;
  readonly pack: Pack;
  faces(): Promise<FaceFinder>;
}

/**
 * A prepared source picture: feature volume, canonical keypoints and pose, on the talker's device.
 * Made by `talker.portrait()`; any number of clips may share it, one after the other or at once.
 */
export class Portrait {
  /** Where it was cut out of its picture. */
  readonly crop: PortraitCrop;
  /** How far eyes and lips are open in the picture; undefined with the crop `'none'`, which looks for no landmarks. */
  readonly ratios: FaceRatios | undefined;
  /** Pixels of its whole picture; undefined where that is not kept. */
  readonly photo: PhotoSize | undefined;
  readonly #host: PortraitHost;
  readonly #handle: PortraitHandle;
  readonly #pending = new Pending();
  #closing: Promise<void> | undefined;

  private constructor(
    host: PortraitHost,
    handle: PortraitHandle,
    crop: PortraitCrop,
    ratios: FaceRatios | undefined,
    photo: PhotoSize | undefined,
  ) {
    this.#host = host;
    this.#handle = handle;
    this.crop = crop;
    this.ratios = ratios;
    this.photo = photo && { width: photo.width, height: photo.height };
  }

  /** @internal use `talker.portrait()` */
  static async prepare(host: PortraitHost, input: PictureInput, options: PortraitOptions): Promise<Portrait> {
    const { crop, ratios, ready } = await cutOut(host, input, options);
    return new Portrait(host, await native().preparePortrait(host.handle, ready), crop, ratios, ready.photo);
  }

  /** @internal use `talker.loadPortrait()` */
  static async load(host: PortraitHost, file: string): Promise<Portrait> {
    const { crop, ratios, tensors, picture } = await loadPortraitFile(file, host.pack);
    const photo = picture && photoOf(picture, crop, host.pack.manifest);
    const handle = await native().restorePortrait(host.handle, tensors, nativeRatios(ratios), photo);
    return new Portrait(host, handle, crop, ratios, photo);
  }

  /** @internal The engine's portrait. Throws CLOSED after close(). */
  get handle(): PortraitHandle {
    if (this.#closing === undefined) return this.#handle;
    throw new KdtalkerError(
      'CLOSED',
      'Expected an open portrait but it was closed. Prepare it again with talker.portrait()',
    );
  }

  /**
   * Writes the portrait to one file, so that it need not be prepared again: `talker.loadPortrait(file)`.
   *
   * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, CLOSED
   */
  async save(file: string): Promise<void> {
    await this.#pending.add(this.#save(file));
  }

  async #save(file: string): Promise<void> {
    checkPath(file, 'the portrait file');
    const tensors = await native().portraitTensors(this.handle);
    await savePortraitFile(file, this.#host.pack, this, tensors);
  }

  /** @internal Its memory lies on one talker's device. Throws INVALID_ARGUMENT for another's, CLOSED after close(). */
  check(host: PortraitHost): void {
    this.handle;
    if (host === this.#host) return;
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      'Expected a portrait of this talker but received one of another. Save it and load it here with talker.loadPortrait()',
    );
  }

  /** Frees the device's memory once no clip uses it any more; waits for save(). May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#pending.settled().then(() => native().closePortrait(this.#handle));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What a picture becomes before the engine sees it: the crop's pixels and what the landmarks say about keypoints. */
export async function cutOut(
  host: PortraitHost,
  input: PictureInput,
  options: PortraitOptions,
): Promise<{ crop: PortraitCrop; ratios: FaceRatios | undefined; ready: NativePortraitOptions }> {
  const { keepPhoto } = parseOptions(schema, options, 'the options of portrait()');
  // A signal of our own: however many calls share the user's, Node does not warn of too many listeners on it.
  const signal = options.signal && AbortSignal.any([options.signal]);
  const picture = await readPicture(input, { signal });
  const { manifest } = host.pack;
  const kind = options.crop ?? manifest.crop.default;
  const face =
    kind === 'none'
      ? undefined
      : await (await host.faces()).find(picture, { ...withoutCrop(options), signal });
  const cut = await cutFace(picture, manifest, {
    kind,
    landmarks: face?.landmarks68,
    landmarks106: face?.landmarks106,
    ratios: face?.ratios,
    signal,
  });
  throwIfAborted(signal, 'Preparing the portrait');
  const crop = cropOf(cut.crop, face);
  const photo = keepPhoto ? photoOf(picture, crop, manifest) : undefined;
  return { crop, ratios: face?.ratios, ready: { ...cut.ready, photo } };
}

/** The crop that a pack's networks see, of a face that has been found, and what its landmarks say about keypoints. */
export async function cutFace(
  picture: Picture,
  { crop: { size }, landmarks: rules = [] }: PackManifest,
  { ratios, ...options }: Omit<CropOptions, 'size'> & { ratios?: FaceRatios | undefined },
): Promise<{ crop: CropResult; ready: Omit<NativePortraitOptions, 'photo'> }> {
  const crop = await cropPicture(picture, { ...options, size });
  const keypoints = crop.landmarks ? placeKeypoints(rules, crop.landmarks) : keepKeypoints();
  return { crop, ready: { pixels: crop.pixels, keypoints, ratios: nativeRatios(ratios) } };
}

function nativeRatios(ratios: FaceRatios | undefined): Float32Array {
  return ratios ? Float32Array.of(...ratios.eyes, ratios.lip) : new Float32Array();
}

/** A whole picture as the engine takes it: a rendered crop need not have the size of the one that was cut out. */
export function photoOf(
  { data, width, height }: Picture,
  { size, toPhoto }: Pick<PortraitCrop, 'size' | 'toPhoto'>,
  { output }: PackManifest,
): NativePhoto {
  const toCut = resizedToOriginal(output.width / size, output.height / size);
  return { pixels: data, width, height, toPhoto: Float64Array.from(compose(toPhoto, toCut)) };
}

function withoutCrop({ face, box, landmarks, signal }: PortraitOptions) {
  return {
    ...(face !== undefined && { face }),
    ...(box !== undefined && { box }),
    ...(landmarks !== undefined && { landmarks }),
    ...(signal !== undefined && { signal }),
  };
}

function cropOf(crop: CropResult, face: Face | undefined): PortraitCrop {
  const { kind, size, toPhoto, toCrop } = crop;
  return { kind, size, toPhoto, toCrop, box: face?.box, score: face?.score };
}
