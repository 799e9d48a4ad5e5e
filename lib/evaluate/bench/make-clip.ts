import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { type CropKind, cropPicture } from '../../face/crop/index.js';
import type { FaceFinder } from '../../face/faces.js';
import type { Point } from '../../face/geometry.js';
import { encodePng, FrameSource, openSound, openVideo, readPicture } from '../../media/index.js';
import type { Picture } from '../../picture.js';
import { BENCH_FPS, CLIP_FILES, MOST_SECONDS } from './bench.js';
import type { BenchSource } from './sources.js';
import { SPEECH_RATE, writeSpeech } from './speech-file.js';
import { toI420 } from './to-i420.js';

/** How clips are made. */
export interface ClipMaking {
  readonly finder: FaceFinder;
  readonly crop: CropKind;
  /** Side of the squares in pixels. */
  readonly size: number;
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

const SAMPLES_PER_FRAME = SPEECH_RATE / BENCH_FPS;
/** Quality of the real video: no difference is seen. */
const CRF = 10;

/**
 * Writes reference.png, speech.wav and, from a video, real.mp4 into a folder.
 *
 * @returns the number of frames that count
 * @throws the errors of the source's files: NO_FACE, VIDEO_UNREADABLE, SPEECH_EMPTY ...
 */
export async function makeClip(source: BenchSource, folder: string, making: ClipMaking): Promise<number> {
  const { video, picture, voice } = source;
  if (video !== undefined) return fromVideo(video, folder, making);
  if (picture === undefined || voice === undefined)
    throw new KdtalkerError(
      'FILE_NOT_FOUND',
      `Expected a picture and a voice for ${source.name} but received one`,
    );
  return fromPicture(picture, voice, folder, making);
}

async function fromPicture(file: string, voice: string, folder: string, making: ClipMaking): Promise<number> {
  const { signal, seconds } = making;
  const picture = await readPicture(file, { signal });
  const square = await cropper(picture, making);
  await writeFile(join(folder, CLIP_FILES.reference), await encodePng(await square(picture)));
  const most = Math.floor(seconds * BENCH_FPS) * SAMPLES_PER_FRAME;
  const samples = await writeSpeech(voice, join(folder, CLIP_FILES.speech), {
    least: SAMPLES_PER_FRAME,
    most,
    signal,
  });
  return Math.floor(samples / SAMPLES_PER_FRAME);
}

async function fromVideo(file: string, folder: string, making: ClipMaking): Promise<number> {
  const { signal, seconds } = making;
  const video = await FrameSource.open(file, { fps: BENCH_FPS, signal, maxSeconds: MOST_SECONDS });
  try {
    const { frames, square } = await lookThrough(video, Math.floor(seconds * BENCH_FPS), making);
    const samples = frames * SAMPLES_PER_FRAME;
    await writeSpeech(file, join(folder, CLIP_FILES.speech), { least: samples, most: samples, signal });
    await writeReal(video, file, folder, { ...making, frames, square });
    return frames;
  } finally {
    await video.close();
  }
}

type Square = (picture: Picture) => Promise<Picture>;

/** Counts the frames, and finds the square of the first one. */
async function lookThrough(
  video: FrameSource,
  most: number,
  making: ClipMaking,
): Promise<{ frames: number; square: Square }> {
  let frames = 0;
  let square: Square | undefined;
  for await (const picture of video.frames()) {
    square ??= await cropper(picture, making);
    frames += 1;
    if (frames === most) break;
  }
  return { frames, square: square! };
}

/** Cuts every picture as the first one is cut. */
async function cropper(first: Picture, { finder, crop: kind, size, signal }: ClipMaking): Promise<Square> {
  const landmarks: readonly Point[] | undefined =
    kind === 'none' ? undefined : (await finder.find(first, { signal })).landmarks68;
  return async (picture) => (await cropPicture(picture, { kind, size, landmarks, signal })).picture;
}

async function writeReal(
  video: FrameSource,
  file: string,
  folder: string,
  { frames, square, size, signal }: ClipMaking & { frames: number; square: Square },
): Promise<void> {
  const sound = await openSound(file, { signal });
  try {
    const shape = { width: size, height: size, fps: BENCH_FPS, crf: CRF, frames, sound: sound.track, signal };
    const writer = await openVideo(join(folder, CLIP_FILES.real), shape);
    try {
      let index = 0;
      for await (const picture of video.frames()) {
        const cut = await square(picture);
        if (index === 0) await writeFile(join(folder, CLIP_FILES.reference), await encodePng(cut));
        await writer.write(toI420(cut));
        if (++index === frames) break;
      }
      await writer.finish();
    } finally {
      await writer.abort();
    }
  } finally {
    await sound.close();
  }
}
