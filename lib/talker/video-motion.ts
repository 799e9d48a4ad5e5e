import { native } from '../binding.js';
import { throwIfAborted } from '../errors.js';
import { meanOf } from '../face/steady.js';
import { FrameSource, type VideoInput } from '../media/index.js';
import { cutFace } from './cut.js';
import type { TalkerHost } from './host.js';
import { MOTION_SIZE, Motion } from './motion.js';
import { StageMeter, safely } from './progress.js';
import { checkVideoMotionOptions, type VideoMotionOptions } from './video-options.js';
import { faceOf, type Track, trackFace } from './video-track.js';

/**
 * What the motion network sees in a video's pictures. Two passes, one picture in memory: the first follows the face, the second
 * cuts the same square out of every picture, that of the mean landmarks. A crop that followed the face would take its movement
 * away; the published LivePortrait averages the boxes of all frames for that reason.
 */
export async function motionFromVideo(
  host: TalkerHost,
  input: VideoInput,
  options: VideoMotionOptions,
): Promise<Motion> {
  checkVideoMotionOptions(options);
  // A signal of our own: however many calls share the user's, Node does not warn of too many listeners on it.
  const signal = options.signal && AbortSignal.any([options.signal]);
  const { fps } = host.pack.manifest;
  throwIfAborted(signal, 'Reading motion from the video');
  const { videoTrack: track, maxSeconds } = options;
  const video = await FrameSource.open(input, { fps, signal, track, maxSeconds });
  try {
    const track = await trackFace(host, video, { ...options, signal }, async () => {});
    return new Motion(await readAll(host, video, track.landmarks, { ...options, signal }), fps);
  } finally {
    await video.close();
  }
}

async function readAll(
  host: TalkerHost,
  video: FrameSource,
  track: Track['landmarks'],
  { crop, signal, onProgress }: VideoMotionOptions,
): Promise<Float32Array> {
  const { manifest } = host.pack;
  const kind = crop ?? manifest.crop.default;
  const face = kind === 'none' ? undefined : faceOf(meanOf(track));
  const meter = new StageMeter('motion', safely(onProgress));
  const values = new Float32Array(track.length * MOTION_SIZE);
  let count = 0;
  for await (const picture of video.frames()) {
    if (count === track.length) break; // the file has grown since
    const seen = await cutFace(picture, manifest, { kind, face, signal });
    values.set(await native().readPictureMotion(host.handle, seen.picture), count * MOTION_SIZE);
    meter.advance(++count, track.length);
  }
  return values.subarray(0, count * MOTION_SIZE).slice();
}
