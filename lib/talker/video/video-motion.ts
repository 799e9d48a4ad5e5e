import { longCall } from '../../abort.js';
import { native } from '../../binding.js';
import { meanOf } from '../../face/steady.js';
import { FrameSource, type VideoInput } from '../../media/index.js';
import { engineWork, type TalkerHost } from '../host/host.js';
import { StageMeter, safely } from '../host/progress.js';
import { MOTION_SIZE, Motion } from '../motion/motion.js';
import { cutFace } from '../portrait/cut.js';
import { checkVideoMotionOptions, type VideoMotionOptions } from './video-options.js';
import { faceOf, type Track, trackFace } from './video-track.js';

const READING = 'Reading motion from the video';

/**
 * What the motion network sees in a video's pictures. There are two passes, with one picture in memory: the first tracks the face, the
 * second cuts the same square, computed from the mean landmarks, out of every picture. A crop that followed the face would remove its
 * movement; for the same reason the published LivePortrait averages the boxes of all frames.
 */
export async function motionFromVideo(
  host: TalkerHost,
  input: VideoInput,
  options: VideoMotionOptions,
): Promise<Motion> {
  checkVideoMotionOptions(options);
  const read = (signal: AbortSignal) => readVideo(host, input, { ...options, signal });
  return longCall(READING, [options.signal, host.closed], read);
}

async function readVideo(host: TalkerHost, input: VideoInput, options: VideoMotionOptions): Promise<Motion> {
  const { fps } = host.pack.manifest;
  const { signal, videoTrack: track, maxSeconds } = options;
  const video = await FrameSource.open(input, { fps, signal, track, maxSeconds });
  try {
    const { landmarks } = await trackFace(host, video, options, async () => {});
    return new Motion(await readAll(host, video, landmarks, options), fps);
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
    if (count === track.length) break; // the file has grown meanwhile
    const seen = await cutFace(picture, manifest, { kind, face, signal });
    const reading = native().readPictureMotion(host.handle, seen.picture);
    values.set(await engineWork(host, reading, { signal, what: READING }), count * MOTION_SIZE);
    meter.advance(++count, track.length);
  }
  return values.subarray(0, count * MOTION_SIZE).slice();
}
