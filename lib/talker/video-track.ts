import type { CropOptions } from '../face/crop/index.js';
import type { Point } from '../face/geometry.js';
import type { FaceRatios } from '../face/schemes.js';
import { flatten } from '../face/steady.js';
import { FaceTracker } from '../face/track.js';
import type { FrameSource, Picture } from '../media/index.js';
import type { PortraitHost } from './portrait.js';
import { StageMeter, safely } from './progress.js';
import type { VideoMotionOptions } from './video-options.js';

/** Where a face is in every picture, and how far its eyes and lips are open. */
export interface Track {
  /** The finer ones after the 68; empty arrays with the crop `'none'`, which needs none. */
  readonly landmarks: Float32Array[];
  /** Empty with the crop `'none'`. */
  readonly ratios: FaceRatios[];
}

/** Landmarks of a track as a crop takes them. */
export function cropLandmarks(points: readonly Point[]): Pick<CropOptions, 'landmarks' | 'landmarks106'> {
  return { landmarks: points.slice(0, 68), landmarks106: points.length > 68 ? points.slice(68) : undefined };
}

/** Follows the face through all pictures of a video, which are handed on one by one. */
export async function trackFace(
  host: PortraitHost,
  video: FrameSource,
  options: VideoMotionOptions,
  each: (picture: Picture) => Promise<void>,
): Promise<Track> {
  const { signal } = options;
  const crop = options.crop ?? host.pack.manifest.crop.default;
  const find = { face: options.face, box: options.box, signal };
  const tracker = crop === 'none' ? undefined : new FaceTracker(await host.faces(), find);
  const meter = new StageMeter('track', safely(options.onProgress));
  const track: Track = { landmarks: [], ratios: [] };
  for await (const picture of video.frames()) {
    const face = await tracker?.next(picture);
    if (face) track.ratios.push(face.ratios);
    track.landmarks.push(flatten(face ? [...face.landmarks68, ...(face.landmarks106 ?? [])] : []));
    await each(picture);
    meter.advance(track.landmarks.length, undefined);
  }
  return track;
}
