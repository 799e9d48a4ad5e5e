import type { NativePortraitOptions } from '../../binding.js';
import { throwIfAborted } from '../../errors.js';
import { type Crop, type CropKind, cropPicture } from '../../face/crop/index.js';
import type { Face, FaceRatios } from '../../face/faces.js';
import type { Box, Matrix } from '../../face/geometry.js';
import type { FindOptions } from '../../face/options.js';
import {
  type FaceWarning,
  type FaceWarningCode,
  faceWarnings,
  withFlatEyes,
  withoutMouth,
} from '../../face/seen.js';
import { type PictureInput, readPicture } from '../../media/index.js';
import { keepKeypoints, placeKeypoints } from '../../packs/landmarks.js';
import type { PackManifest } from '../../packs/pack.js';
import type { Picture } from '../../picture.js';
import { engineWork, type TalkerHost } from '../host/host.js';
import type { PortraitOptions } from './portrait-options.js';

/** The position of a portrait's crop in its picture. */
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

/** A picture, the face in it and the square around that face, from which a portrait is made. */
export interface Cut {
  readonly picture: Picture;
  /** Undefined with the crop `'none'`, which does not search for a face. */
  readonly face: Face | undefined;
  readonly crop: Crop;
  /** What was seen of the face. */
  readonly warnings: readonly FaceWarning[];
}

/** What a crop is computed from: a complete {@link Face}, or the parts of it that are known without a search. */
export type FaceToCut = Partial<Pick<Face, 'landmarks68' | 'landmarks106'>>;

/** Reads a picture, finds the face and cuts it out. The options are already checked. */
export async function cutPortrait(
  host: TalkerHost,
  input: PictureInput,
  { crop: wanted, face: choice, box, landmarks, background, signal }: PortraitOptions,
): Promise<Cut> {
  const picture = await readPicture(input, { background, signal });
  const kind = wanted ?? host.pack.manifest.crop.default;
  const face =
    kind === 'none' ? undefined : await findFace(host, picture, { face: choice, box, landmarks, signal });
  const crop = await cutFace(picture, host.pack.manifest, { kind, face, signal });
  throwIfAborted(signal, 'Preparing the portrait');
  const warnings = face ? faceWarnings(picture, face, crop) : [];
  return { picture, face, crop: withoutUnseen(crop, warnings), warnings };
}

/** Eyes that cannot be seen to blink are left alone, and a mouth that cannot be seen to open. */
function withoutUnseen(crop: Crop, warnings: readonly FaceWarning[]): Crop {
  const seen = (...codes: FaceWarningCode[]) => warnings.some(({ code }) => codes.includes(code));
  if (!crop.landmarks) return crop;
  const eyes = seen('EYES_SHUT', 'EYES_HIDDEN') ? withFlatEyes(crop.landmarks) : crop.landmarks;
  return { ...crop, landmarks: seen('FACE_COVERED') ? withoutMouth(eyes) : eyes };
}

/** Searches for a face with the talker's face networks, which the first call opens. @throws as {@link FaceFinder.find} */
export async function findFace(host: TalkerHost, picture: Picture, options: FindOptions): Promise<Face> {
  const find = async () => (await host.faces()).find(picture, options);
  return engineWork(host, find(), { signal: options.signal, what: 'Looking for faces' });
}

/** The square around a face that a pack's networks see. */
export function cutFace(
  picture: Picture,
  { crop: { size } }: PackManifest,
  { kind, face, signal }: { kind: CropKind; face: FaceToCut | undefined; signal?: AbortSignal | undefined },
): Promise<Crop> {
  const { landmarks68: landmarks, landmarks106 } = face ?? {};
  return cropPicture(picture, { kind, size, landmarks, landmarks106, signal });
}

/** The position of the crop, as in the API and in portrait files. */
export function cropOf({ crop, face }: Cut): PortraitCrop {
  const { kind, size, toPhoto, toCrop } = crop;
  return { kind, size, toPhoto, toCrop, box: face?.box, score: face?.score };
}

/** A crop for the engine, with the keypoints computed by the pack's rules. */
export function nativeCrop(
  { picture, landmarks }: Crop,
  { landmarks: rules = [] }: PackManifest,
  ratios: FaceRatios | undefined,
): Omit<NativePortraitOptions, 'photo'> {
  const keypoints = landmarks ? placeKeypoints(rules, landmarks) : keepKeypoints();
  return { crop: picture, keypoints, ratios: nativeRatios(ratios) };
}

/** Ratios for the engine: left eye, right eye, lips; empty if unknown. */
export function nativeRatios(ratios: FaceRatios | undefined): Float32Array {
  return ratios ? Float32Array.of(...ratios.eyes, ratios.lip) : new Float32Array();
}
