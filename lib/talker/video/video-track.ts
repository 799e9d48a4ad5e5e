import type { Face } from '../../face/faces.js';
import type { Point } from '../../face/geometry.js';
import type { FaceRatios } from '../../face/schemes.js';
import { flatten } from '../../face/steady.js';
import { FaceTracker, type SharedFinder } from '../../face/track.js';
import type { FrameSource } from '../../media/index.js';
import type { Picture } from '../../picture.js';
import type { TalkerHost } from '../host/host.js';
import { StageMeter, safely } from '../host/progress.js';
import type { FaceToCut } from '../portrait/cut.js';
import { findFace } from '../portrait/cut.js';
import type { VideoMotionOptions } from './video-options.js';

/** The position of a face in every picture, and how far its eyes and lips are open. */
export interface Track {
  /** The finer landmarks, after the 68; empty arrays with the crop `'none'`. */
  readonly landmarks: Float32Array[];
  /** Empty with the crop `'none'`. */
  readonly ratios: FaceRatios[];
}

/** The face to which the landmarks of a track belong. */
export function faceOf(points: readonly Point[]): FaceToCut {
  return {
    landmarks68: points.slice(0, 68),
    landmarks106: points.length > 68 ? points.slice(68) : undefined,
  };
}

/** Tracks the face through all pictures of a video, which are passed on one by one. */
export async function trackFace(
  host: TalkerHost,
  video: FrameSource,
  options: VideoMotionOptions,
  each: (picture: Picture) => Promise<void>,
): Promise<Track> {
  const { signal } = options;
  const crop = options.crop ?? host.pack.manifest.crop.default;
  const find = { face: options.face, box: options.box, signal };
  const finder: SharedFinder['find'] = (picture, chosen) => findFace(host, picture, chosen);
  const tracker =
    crop === 'none' ? undefined : new FaceTracker({ find: finder }, host.pack.manifest.fps, find);
  const meter = new StageMeter('track', safely(options.onProgress));
  const track: Track = { landmarks: [], ratios: [] };
  let count = 0;
  for await (const picture of video.frames()) {
    const face = await tracker?.next(picture);
    count += 1;
    if (face || !tracker) fill(track, face, count);
    await each(picture);
    meter.advance(count, undefined);
  }
  tracker?.finish();
  return track;
}

/** Fills the track up to picture `count`; before the first picture with a face, the face is assumed to be at its first position. */
function fill({ landmarks, ratios }: Track, face: Face | undefined, count: number): void {
  const points = flatten(face ? [...face.landmarks68, ...(face.landmarks106 ?? [])] : []);
  while (landmarks.length < count) {
    landmarks.push(points);
    if (face) ratios.push(face.ratios);
  }
}
