// SyncNet's procedure while frames come: the same numbers as with all of them at hand, and little memory.
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { SoundSpool } from '../dist/evaluate/sound/sound-spool.js';
import { type FaceBox, longestTrack, smoothTrack } from '../dist/evaluate/sync/face-tracks.js';
import { mfcc } from '../dist/evaluate/sync/mfcc.js';
import { s3fdMaps } from '../dist/evaluate/sync/s3fd-finder.js';
import { cropForSync, syncRectangle } from '../dist/evaluate/sync/sync-crop.js';
import { syncMeter } from '../dist/evaluate/sync/sync-meter.js';
import { syncDistances, syncScores } from '../dist/evaluate/sync/sync-scores.js';
import { planesForSync, type SyncNet } from '../dist/evaluate/sync/syncnet.js';
import { resizedToOriginal } from '../dist/face/geometry.js';
import { cut, warp } from '../dist/face/resample.js';
import type { Picture } from '../dist/picture.js';
import { evalPicture, goldenCase, near } from './support/golden-eval.js';
import { heardBy, madeNet, seenBy } from './support/made-sync.js';
import { astronautFile, loadPicture } from './support/pictures.js';
import { randoms } from './support/talker.js';

const net = madeNet as unknown as SyncNet;
const [WIDTH, HEIGHT] = [200, 160];

/** A picture that differs from all others. */
function pictureOf(frame: number): Picture {
  const data = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => (i * (frame + 7) + (i >> 8)) & 255);
  return { data, width: WIDTH, height: HEIGHT };
}

async function spoolOf(seconds: number): Promise<SoundSpool> {
  const random = randoms(4);
  const spool = await SoundSpool.create(16000);
  for (let second = 0; second < seconds; second++)
    await spool.add(Float32Array.from({ length: 16000 }, () => random() - 0.5));
  await spool.end();
  return spool;
}

/** Faces of a video: one that is hidden for a while, a shorter one, a small one, and chance finds. */
function facesOf(frames: number): FaceBox[][] {
  const random = randoms(8);
  const box = (x: number, y: number, side: number): FaceBox => [x, y, x + side, y + side];
  return Array.from({ length: frames }, (_, i) => {
    const found: FaceBox[] = [];
    if (i > 3 && (i < 50 || i > 70))
      found.push(box(20 + i / 10 + random(), 10 + random(), 110 + 3 * random()));
    if (i > 20 && i < 60) found.unshift(box(150 + random(), 100, 120));
    if (i % 2 === 0) found.push(box(0, 0, 40));
    if (random() < 0.1) found.push(box(900 * random(), 900 * random(), 130));
    return found;
  });
}

t.test('the longest track, frame by frame', async (t) => {
  const frames = 130;
  const faces = facesOf(frames);
  const sound = await spoolOf(5);
  t.teardown(() => sound.close());
  const meter = syncMeter('track', net, sound);
  for (let i = 0; i < frames; i++) await meter.add(pictureOf(i), async () => faces[i]!);
  const found = await meter.finish();

  const track = longestTrack(faces)!;
  t.same([track.first, track.boxes.length], [4, 126]);
  const { size, x, y } = smoothTrack(track.boxes);
  const planes: Float32Array[] = [];
  for (let i = 0; i < track.boxes.length; i++) {
    const rectangle = syncRectangle(size[i]!, x[i]!, y[i]!);
    planes.push(planesForSync(await cropForSync(pictureOf(track.first + i), rectangle)));
  }
  const samples = await sound.read(640 * track.first, 640 * track.boxes.length);
  const columns = mfcc(samples);
  const count = Math.min(track.boxes.length, Math.floor(samples.length / 640)) - 5;
  const each = (vector: (i: number) => Float32Array) =>
    Array.from({ length: count }, (_, i) => [...vector(i)]).flat();
  const visual = each((i) => seenBy(planes.slice(i, i + 5)));
  const audio = each((i) => heardBy(columns.slice(4 * i, 4 * i + 20)));
  const wanted = syncScores(syncDistances({ data: visual, size: 8 }, { data: audio, size: 8 }));
  near(t, found!.mean, wanted.mean, 1e-9 * wanted.lseD, 'means at all offsets');
  t.same([found!.offset, found!.lseD, found!.lseC], [wanted.offset, wanted.lseD, wanted.lseC]);
});

t.test('too little of a face, or of sound', async (t) => {
  const sound = await spoolOf(1);
  t.teardown(() => sound.close());
  const resultOf = async (faces: readonly FaceBox[][], kind: 'track' | 'whole' = 'track') => {
    const meter = syncMeter(kind, net, sound);
    for (const [i, found] of faces.entries()) await meter.add(pictureOf(i), async () => found);
    return meter.finish();
  };
  const large: FaceBox[] = [[10, 10, 130, 130]];
  const some = (frames: number, boxes: FaceBox[]) => Array.from({ length: frames }, () => boxes);
  t.ok(await resultOf(some(20, large)));
  t.equal(await resultOf([...some(10, large), ...some(10, [])]), undefined, 'half of a clip is not enough');
  t.equal(await resultOf(some(20, [[10, 10, 110, 110]])), undefined, 'as much as 100 pixels is too small');
  t.equal(await resultOf(some(5, large)), undefined, 'five frames have no window that counts');
  t.ok(await resultOf(some(6, []), 'whole'), 'six are enough for whole frames');
  t.equal(await resultOf([...some(26, []), ...some(28, large)]), undefined, 'there is no sound so late');
});

goldenCase("what S3FD sees is a quarter of the frame's size", ['s3fd_input.png'], async (t) => {
  const wanted = await evalPicture('s3fd_input.png');
  const [right, bottom] = [4 * wanted.width, 4 * wanted.height];
  const frame = cut(await loadPicture(astronautFile()), { left: 0, top: 0, right, bottom });
  const toFrame = resizedToOriginal(0.25, 0.25);
  const small = await warp(frame, toFrame, wanted.width, wanted.height, 'replicate');
  near(t, small.data, wanted.data, 1, 'pixels');
  const sides = [30, 15, 7, 3, 2, 1].map((side) => [side, side]);
  t.same(s3fdMaps(120, 120), sides);
});

t.test('memory does not grow with the length of a track', async (t) => {
  // KDTALKER_LONG: an hour.
  const frames = process.env.KDTALKER_LONG ? 90_000 : 600;
  const sound = await spoolOf(Math.ceil(frames / 25) + 1);
  t.teardown(() => sound.close());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let held: WeakRef<object>[] = [];
  const watched = <T extends object>(made: T): T => {
    held.push(new WeakRef(made));
    return made;
  };
  const watching = {
    look: async (window: readonly Float32Array[]) => {
      watched(window.at(-1)!);
      return watched(new Float32Array(8));
    },
    listen: async (_: unknown, count: number) =>
      Array.from({ length: count }, () => watched(new Float32Array(8))),
  } as unknown as SyncNet;
  const meter = syncMeter('track', watching, sound);
  const picture = pictureOf(1);
  const alive: number[] = [];
  for (let i = 0; i < frames; i++) {
    const copy = watched({ ...picture, data: picture.data.slice() });
    await meter.add(copy, async () => [[20, 10, 130, 125]]);
    if ((i + 1) % 200 !== 0) continue;
    await turn();
    collect();
    held = held.filter((each) => each.deref() !== undefined);
    alive.push(held.length);
  }
  t.ok(await meter.finish());
  // About 130: pictures for the smoothing, planes of five frames, vectors of the sounds heard at once and of as many as they are moved.
  t.ok(Math.max(...alive) < 200, `${alive} pictures and vectors are held`);
});
