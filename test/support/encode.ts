import type { Test } from 'tap';
import {
  openSound,
  openVideo,
  type SoundTrack,
  type VideoOptions,
  type VideoWriter,
} from '../../dist/media/index.js';
import { frame } from './media.js';

/** The shape of the videos that tests encode. */
export const SHAPE = { width: 64, height: 48, fps: 25 };

/** Writes frames, 64 x 48 unless told, and finishes. @returns what finish() says */
export async function fill(
  video: VideoWriter,
  frames: number,
  width = 64,
  height = 48,
): Promise<{ bytes: number }> {
  for (let i = 0; i < frames; i++) await video.write(frame(video.pixelFormat, width, height, i));
  return video.finish();
}

/** A whole video of that shape. */
export async function encode(
  file: string,
  frames: number,
  options: Partial<VideoOptions> = {},
): Promise<{ bytes: number }> {
  return fill(await openVideo(file, { ...SHAPE, frames, ...options }), frames);
}

/** The track of a sound, open until the test ends. */
export async function track(t: Test, input: Parameters<typeof openSound>[0]): Promise<SoundTrack> {
  const sound = await openSound(input);
  t.teardown(() => sound.close());
  return sound.track;
}

/** Mean absolute difference of two frames. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}
