import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ffmpeg, wav } from './media.js';

const RATE = 16000;
const FPS = 25;
const SIDE = 64;

/** A made speaker: one hidden cause, frame by frame, between 0 and 1. */
export function hiddenCause(frames: number, seed: number): Float32Array {
  const random = numbersOf(seed);
  let [slow, state] = [0, 0];
  return Float32Array.from({ length: frames }, () => {
    state = 0.7 * state + 0.9 * (random() - 0.5);
    slow = 0.6 * slow + 0.4 * state;
    return 1 / (1 + Math.exp(-7 * slow));
  });
}

/** Sound that follows a cause: a buzz whose loudness does. Samples at 16 kHz. */
export function soundOf(cause: Float32Array): Float32Array {
  const per = RATE / FPS;
  return Float32Array.from({ length: cause.length * per }, (_, i) => {
    const place = i / per;
    const [from, to] = [Math.floor(place), Math.min(cause.length - 1, Math.floor(place) + 1)];
    const level = cause[from]! + (place - from) * (cause[to]! - cause[from]!);
    const buzz = [220, 660, 1100, 2300].reduce(
      (sum, hertz) => sum + Math.sin((2 * Math.PI * hertz * i) / RATE),
      0,
    );
    return 0.2 * 10 ** (2 * level - 2) * buzz;
  });
}

/** The sound as a file. */
export function speakingSound(file: string, cause: Float32Array): string {
  writeFileSync(file, wav({ channels: [soundOf(cause)], rate: RATE }));
  return file;
}

/** A video of a plain colour that follows a cause, with its sound: the red is 20 to 220. */
export function speakingVideo(folder: string, name: string, cause: Float32Array, sound = true): string {
  const pixels = Buffer.alloc(cause.length * SIDE * SIDE * 3, 60);
  cause.forEach((level, frame) => {
    const red = Math.round(20 + 200 * level);
    for (let i = 0; i < SIDE * SIDE; i++) pixels[3 * (frame * SIDE * SIDE + i)] = red;
  });
  const [raw, heard, file] = [join(folder, `${name}.rgb`), join(folder, `${name}.wav`), join(folder, name)];
  writeFileSync(raw, pixels);
  speakingSound(heard, cause);
  const picture = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${SIDE}x${SIDE}`, '-r', `${FPS}`, '-i', raw];
  const voice = sound ? ['-i', heard, '-c:a', 'pcm_s16le'] : [];
  ffmpeg(...picture, ...voice, '-c:v', 'libx264rgb', '-qp', '0', '-preset', 'ultrafast', file);
  for (const part of [raw, heard]) rmSync(part);
  return file;
}

/** Numbers from 0 to 1. */
function numbersOf(seed: number): () => number {
  let state = seed * 2654435761 + 12345;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
