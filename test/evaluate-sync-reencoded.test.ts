// LSE of pictures that were encoded again, against the published programs' own commands: JPEG files, and sharp in the place of OpenCV.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { spoolSound } from '../dist/evaluate/measure/clip-speech.js';
import { type FaceBox, smoothTrack } from '../dist/evaluate/sync/face-tracks.js';
import { type ReencodedVideo, reencodedSync } from '../dist/evaluate/sync/reencoded-sync.js';
import { cropForSync, squeezedForSync, syncRectangle } from '../dist/evaluate/sync/sync-crop.js';
import { syncMeter } from '../dist/evaluate/sync/sync-meter.js';
import type { SyncResult } from '../dist/evaluate/sync/sync-scores.js';
import type { SyncNet } from '../dist/evaluate/sync/syncnet.js';
import { SeenFrames } from '../dist/evaluate/sync/track-sync.js';
import { FrameSource } from '../dist/media/index.js';
import type { Picture } from '../dist/picture.js';
import { madeNet } from './support/made-sync.js';
import { fails, ffmpeg } from './support/media.js';
import { loadPicture } from './support/pictures.js';

const net = madeNet as unknown as SyncNet;
const FRAMES = 20;
/** Where the face is: it comes in the third picture. */
const FACE: FaceBox = [60, 40, 190, 180];
const folder = t.testdir();
const file = join(folder, 'video.mp4');
ffmpeg(
  ...['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25', '-f', 'lavfi', '-i', 'anoisesrc=r=44100:seed=3:a=0.4'],
  ...['-t', String(FRAMES / 25), '-crf', '8', '-c:a', 'aac', '-ac', '2', file],
);

function found(): ReencodedVideo['findFaces'] {
  let frame = 0;
  return async () => (frame++ < 2 ? [] : [FACE]);
}

const given = () => ({ file, frames: FRAMES, net, findFaces: found(), speech: undefined, signal: undefined });

async function seen(pictures: readonly Picture[], sound: string, first: number): Promise<SyncResult> {
  const { spool } = await spoolSound(sound, undefined);
  const frames = new SeenFrames(net, spool, first);
  for (const picture of pictures) await frames.add(picture);
  const result = await frames.finish();
  await spool.close();
  return result!;
}

/** Pictures as the published programs write and read them. */
async function jpegsOf(video: string, name: string, ...quality: string[]): Promise<Picture[]> {
  const out = join(folder, name);
  mkdirSync(out);
  ffmpeg('-i', video, '-threads', '1', ...quality, '-f', 'image2', join(out, '%06d.jpg'));
  return Promise.all(readdirSync(out).map((jpeg) => loadPicture(join(out, jpeg))));
}

const soundOf = (video: string, name: string) => {
  const sound = join(folder, name);
  ffmpeg('-i', video, '-ac', '1', '-vn', '-acodec', 'pcm_s16le', '-ar', '16000', sound);
  return sound;
};

/** The same files give the same numbers, which differ from those of pictures that were not encoded again. */
function alike(t: Test, ours: SyncResult, theirs: SyncResult, plain: SyncResult): void {
  t.same(ours, theirs);
  t.not(ours.lseD, plain.lseD);
}

async function plainSync(kind: 'track' | 'whole'): Promise<SyncResult> {
  const { spool } = await spoolSound(file, undefined);
  const [meter, find] = [syncMeter(kind, net, spool), found()];
  const video = await FrameSource.open(file, { fps: 25, signal: undefined });
  for await (const picture of video.frames()) await meter.add(picture, () => find(picture));
  const result = await meter.finish();
  await Promise.all([video.close(), spool.close()]);
  return result!;
}

const leftovers = () =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`.lse.kdtalker-${process.pid}-`));

t.test('the longest track', async (t) => {
  const ours = await reencodedSync({ ...given(), kind: 'track' });
  t.same(await reencodedSync({ ...given(), kind: 'track' }), ours, 'the same numbers every time');
  t.same(leftovers(), [], 'nothing is left in the folder for temporary files');

  const movie = join(folder, 'movie.avi');
  const inStep = ['-af', 'aresample=async=1:first_pts=0'];
  ffmpeg('-i', file, '-t', '0.8', '-qscale:v', '2', ...inStep, '-r', '25', movie);
  const frames = await jpegsOf(movie, 'frames', '-qscale:v', '2');
  t.ok(frames.length >= FRAMES, 'ffmpeg may show the first one twice, since sound begins before it');
  const boxes = frames.slice(2).map(() => FACE);
  const { size, x, y } = smoothTrack(boxes);
  const crops = await Promise.all(
    boxes.map((_, i) => cropForSync(frames[i + 2]!, syncRectangle(size[i]!, x[i]!, y[i]!))),
  );
  const raw = join(folder, 'crops.rgb');
  writeFileSync(raw, Buffer.concat(crops.map(({ data }) => data)));
  const coded = join(folder, 'crops.avi');
  const shape = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-video_size', '224x224', '-framerate', '25'];
  const xvid = ['-c:v', 'mpeg4', '-tag:v', 'XVID', '-b:v', '80281600', '-qmin', '3', '-g', '12'];
  ffmpeg(...shape, '-i', raw, ...xvid, coded);
  const theirs = await seen(await jpegsOf(coded, 'crops'), soundOf(movie, 'movie.wav'), 2);
  alike(t, ours!, theirs, await plainSync('track'));
});

t.test('whole frames, and the speech of a clip for a video without sound', async (t) => {
  const ours = await reencodedSync({ ...given(), kind: 'whole' });
  const pictures = await Promise.all((await jpegsOf(file, 'whole')).map(squeezedForSync));
  alike(t, ours!, await seen(pictures, soundOf(file, 'whole.wav'), 0), await plainSync('whole'));

  const mute = join(folder, 'mute.mp4');
  ffmpeg('-i', file, '-an', '-c:v', 'copy', mute);
  const { spool } = await spoolSound(file, undefined);
  t.teardown(() => spool.close());
  for (const kind of ['track', 'whole'] as const)
    t.ok((await reencodedSync({ ...given(), file: mute, speech: spool, kind }))!.lseD > 0, kind);
});

t.test('only the frames that count, no face, an abort', async (t) => {
  let asked = 0;
  const counting = async () => {
    asked += 1;
    return [];
  };
  const short = { ...given(), frames: 12, findFaces: counting, kind: 'track' } as const;
  t.equal(await reencodedSync(short), undefined);
  t.ok(asked === 12 || asked === 13, `${asked} pictures`);
  const controller = new AbortController();
  const stopping = async () => {
    controller.abort();
    return [FACE];
  };
  const stopped = () =>
    reencodedSync({ ...given(), findFaces: stopping, kind: 'track', signal: controller.signal });
  await fails(t, stopped, 'ABORTED');
  t.same(leftovers(), []);
});
