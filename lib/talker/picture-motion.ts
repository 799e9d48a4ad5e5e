import { native } from '../binding.js';
import type { Picture } from '../picture.js';
import { cutFace, type FaceToCut } from './cut.js';
import { engineWork, type TalkerHost } from './host.js';

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
  return engineWork(host, reading, { signal, what: 'Reading the motion of a picture' });
}
