import { tmpdir } from 'node:os';
import { orOutputError } from '../../files/output-error.js';
import { TemporaryPath } from '../../files/temporary-path.js';
import type { Picture } from '../../picture.js';
import { BENCH_FPS } from '../bench/bench.js';
import type { LseKind } from '../lse-kinds.js';
import { spoolSound } from '../measure/clip-speech.js';
import type { SoundSpool } from '../sound/sound-spool.js';
import { type FaceBox, type FaceTrack, longestTrack, smoothTrack } from './face-tracks.js';
import { jpegsIn, PublishedFiles } from './published-files.js';
import { cropForSync, squeezedForSync, syncRectangle } from './sync-crop.js';
import type { SyncResult } from './sync-scores.js';
import type { SyncNet } from './syncnet.js';
import { SeenFrames } from './track-sync.js';

/** A video, and what is asked of it. */
export interface ReencodedVideo {
  readonly file: string;
  /** Frames that count. */
  readonly frames: number;
  readonly kind: LseKind;
  readonly net: SyncNet;
  /** Faces in the pictures in their order. */
  readonly findFaces: (picture: Picture) => Promise<readonly FaceBox[]>;
  /** What is heard where the video has no sound of its own; undefined: it has. */
  readonly speech: SoundSpool | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * LSE by the published programs' files: MPEG-4, JPEGs, XviD and JPEGs again, each of which moves the result. Memory holds the boxes of the
 * faces; the files lie in the system's temporary folder.
 *
 * @returns undefined if no face is there for long enough, or if the video is too short
 * @throws FFMPEG_NOT_FOUND, FFMPEG_FAILED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export async function reencodedSync(video: ReencodedVideo): Promise<SyncResult | undefined> {
  const folder = await orOutputError(TemporaryPath.makeFolder(tmpdir(), 'lse'), tmpdir());
  try {
    const files = new PublishedFiles(folder.path, video.signal);
    return await (video.kind === 'whole' ? ofWholeFrames(files, video) : ofTrack(files, video));
  } finally {
    await folder.remove();
  }
}

async function ofWholeFrames(files: PublishedFiles, video: ReencodedVideo): Promise<SyncResult | undefined> {
  const pictures = await files.plainJpegs(video.file, video.frames / BENCH_FPS);
  return seenIn(files, video, { pictures, heard: video.file, first: 0 });
}

async function ofTrack(files: PublishedFiles, video: ReencodedVideo): Promise<SyncResult | undefined> {
  const movie = await files.movie(video.file, video.frames / BENCH_FPS);
  const jpegs = await files.jpegs(movie);
  const track = await trackIn(jpegs, video);
  if (!track) return undefined;
  const crops = await files.crops(cropsOf(jpegs, track, video.signal));
  const pictures = await files.plainJpegs(crops);
  return seenIn(files, video, { pictures, heard: movie, first: track.first });
}

/** The longest track of a face. */
async function trackIn(jpegs: string, { findFaces, signal }: ReencodedVideo): Promise<FaceTrack | undefined> {
  const found: (readonly FaceBox[])[] = [];
  for await (const picture of jpegsIn(jpegs, signal)) found.push(await findFaces(picture));
  return longestTrack(found);
}

async function* cropsOf(
  jpegs: string,
  { first, boxes }: FaceTrack,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, x, y } = smoothTrack(boxes);
  let at = -first;
  for await (const picture of jpegsIn(jpegs, signal)) {
    if (at >= boxes.length) return;
    if (at >= 0) yield (await cropForSync(picture, syncRectangle(size[at]!, x[at]!, y[at]!))).data;
    at += 1;
  }
}

/** A folder of pictures for SyncNet, the file whose sound it hears, and the frame of that with which they begin. */
interface SeenAndHeard {
  pictures: string;
  heard: string;
  first: number;
}

async function seenIn(
  files: PublishedFiles,
  { net, speech, frames, signal }: ReencodedVideo,
  { pictures, heard, first }: SeenAndHeard,
): Promise<SyncResult | undefined> {
  const sound = speech ?? (await spoolSound(await files.sound(heard, frames / BENCH_FPS), signal)).spool;
  try {
    const seen = new SeenFrames(net, sound, first);
    for await (const picture of jpegsIn(pictures, signal)) await seen.add(await squeezedForSync(picture));
    return await seen.finish();
  } finally {
    if (sound !== speech) await sound.close();
  }
}
