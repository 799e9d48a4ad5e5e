import { createHash } from 'node:crypto';
import type { StreamFrame, TalkStream } from 'kdtalker';
import { SAMPLES_PER_FRAME, speech } from './talker.js';

/** Bytes of a frame's sound: 16 kHz, mono, 16 bits. */
export const FRAME_SOUND = 2 * SAMPLES_PER_FRAME;

/** Frames of the example speech as 16-bit PCM. */
export function pcm(frames: number, from?: number): Uint8Array {
  const { samples } = speech(frames, from);
  return new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32767)).buffer);
}

/** Writes sound in pieces of so many bytes; `size` may change from piece to piece. */
export async function writePieces(
  stream: TalkStream,
  sound: Uint8Array,
  size: () => number = () => sound.length,
): Promise<void> {
  for (let at = 0; at < sound.length; ) {
    const piece = sound.subarray(at, at + size());
    at += piece.length;
    await stream.write(piece);
  }
}

/** All frames, while the sound is written and ended. */
export async function spoken(
  stream: TalkStream,
  sound: Uint8Array,
  size?: () => number,
): Promise<StreamFrame[]> {
  const writing = writePieces(stream, sound, size).then(() => stream.end());
  const frames = await readAll(stream);
  await writing;
  return frames;
}

export async function readAll(stream: TalkStream): Promise<StreamFrame[]> {
  const frames: StreamFrame[] = [];
  for await (const frame of stream) frames.push(frame);
  return frames;
}

/** The sound of frames, as it was written. */
export function soundOf(frames: readonly StreamFrame[]): Uint8Array {
  return Uint8Array.from(frames.flatMap(({ sound }) => [...sound]));
}

export function hashesOf(frames: readonly StreamFrame[]): string[] {
  return frames.map(({ data }) => createHash('sha256').update(data).digest('hex').slice(0, 12));
}
