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
  return encoded(folder, name, pixels, sound ? (heard) => speakingSound(heard, cause) : undefined);
}

/** A lossless video of raw pictures, with the sound that `speak` writes. */
function encoded(folder: string, name: string, pixels: Buffer, speak?: (file: string) => string): string {
  const [raw, heard, file] = [join(folder, `${name}.rgb`), join(folder, `${name}.wav`), join(folder, name)];
  writeFileSync(raw, pixels);
  const picture = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${SIDE}x${SIDE}`, '-r', `${FPS}`, '-i', raw];
  const voice = speak ? ['-i', speak(heard), '-c:a', 'pcm_s16le'] : [];
  ffmpeg(...picture, ...voice, '-c:v', 'libx264rgb', '-qp', '0', '-preset', 'ultrafast', file);
  for (const part of [raw, heard]) rmSync(part, { force: true });
  return file;
}

/** The ten causes of the made world's {@link plainPack}. */
export const hiddenCauses = (frames: number, seed: number) =>
  Array.from({ length: 10 }, (_, i) => hiddenCause(frames, 100 * seed + i));

/** Two tones for each cause, within its tenth of the 80 mel bands. */
const TONES = Array.from({ length: 10 }, (_, cause) => [8 * cause + 2.5, 8 * cause + 6.5].map(hertzOf));

/** The middle of a mel band, on Slaney's scale from 55 to 7600 Hz. */
function hertzOf(band: number): number {
  const step = Math.log(6.4) / 27;
  const [low, high] = [(55 * 3) / 200, 15 + Math.log(7.6) / step];
  const mel = low + ((high - low) * (band + 1)) / 81;
  return mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(step * (mel - 15));
}

/** Sound in which each cause is the loudness of its own tones. */
function worldSound(causes: readonly Float32Array[]): Float32Array {
  const sound = new Float32Array(causes[0]!.length * (RATE / FPS));
  causes.forEach((cause, i) => {
    for (const hertz of TONES[i]!) addTone(sound, cause, hertz);
  });
  return sound;
}

function addTone(sound: Float32Array, cause: Float32Array, hertz: number): void {
  const per = RATE / FPS;
  for (let i = 0; i < sound.length; i++) {
    const [from, part] = [Math.floor(i / per), (i % per) / per];
    const level = cause[from]! + part * (cause[Math.min(cause.length - 1, from + 1)]! - cause[from]!);
    sound[i]! += 0.05 * 10 ** (2 * level - 2) * Math.sin((2 * Math.PI * hertz * i) / RATE);
  }
}

/** The sound of ten causes as a file. */
export function worldVoice(file: string, causes: readonly Float32Array[]): string {
  writeFileSync(file, wav({ channels: [worldSound(causes)], rate: RATE }));
  return file;
}

/** A video of ten causes, as cells of grey, with their sound. */
export function worldVideo(folder: string, name: string, causes: readonly Float32Array[]): string {
  const frames = causes[0]!.length;
  const pixels = Buffer.alloc(frames * SIDE * SIDE * 3);
  for (let i = 0; i < frames * SIDE * SIDE; i++) {
    const [frame, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
    const cause = causes[4 * Math.floor(y / 16) + Math.floor(x / 16)];
    pixels.fill(Math.round(20 + 200 * (cause?.[frame] ?? 0)), 3 * i, 3 * i + 3);
  }
  return encoded(folder, name, pixels, (heard) => worldVoice(heard, causes));
}

/** Numbers from 0 to 1. */
function numbersOf(seed: number): () => number {
  let state = seed * 2654435761 + 12345;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
