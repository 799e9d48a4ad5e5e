import { native } from '../../binding.js';
import type { Picture } from '../../picture.js';
import { engineWork, type TalkerHost } from '../host/host.js';
import { cutFace, type FaceToCut } from './cut.js';

const READING = 'Reading the motion of a picture';

/** What the motion network sees in one picture: motion [70], and the keypoints of the face at rest, [63]. */
export interface SeenMotion {
  motion: Float32Array;
  canonical: Float32Array;
}

/** What the motion network sees in a picture that is cut already. @param crop a square of the pack's crop size */
export async function seenMotion(
  host: TalkerHost,
  crop: Picture,
  signal: AbortSignal | undefined,
): Promise<SeenMotion> {
  const reading = native().seePicture(host.handle, crop);
  const seen = await engineWork(host, reading, { signal, what: READING });
  const floats = (name: string) => seen[name]!.data as Float32Array;
  return { motion: floats('motion'), canonical: floats('canonical') };
}

/** What the motion network sees in one picture, cut to the square of a face: 70 numbers, in the layout of a motion. */
export async function pictureMotion(
  host: TalkerHost,
  picture: Picture,
  face: FaceToCut,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { manifest } = host.pack;
  const { picture: crop } = await cutFace(picture, manifest, { kind: manifest.crop.default, face, signal });
  const reading = native().readPictureMotion(host.handle, crop);
  return engineWork(host, reading, { signal, what: READING });
}
