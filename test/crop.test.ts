import t, { type Test } from 'tap';
import { type Crop, type CropKind, cropPicture } from '../dist/face/crop/index.js';
import { kdtalkerWindow } from '../dist/face/crop/kdtalker.js';
import { apply, type Point } from '../dist/face/geometry.js';
import { resize, warp } from '../dist/face/resample.js';
import type { Picture } from '../dist/picture.js';
import { golden, goldenFile } from './support/golden.js';
import { astronautFile, enlargeCubic, loadPicture } from './support/pictures.js';

const CASES = [0, 1, 2, 3, 4, 5, 6];
const cases = golden('crop.safetensors');
const astronaut = await loadPicture(astronautFile());

function pointsOf(name: string): Point[] {
  const { data } = cases[name]!;
  return Array.from({ length: data.length / 2 }, (_, i): Point => [data[2 * i]!, data[2 * i + 1]!]);
}

/** The photo of a golden case (see the README there). */
function photoOf(index: number): Picture {
  if (index === 3 || index === 5) return enlargeCubic(astronaut, 2400, 2400);
  if (index === 6) return { data: astronaut.data.subarray(0, 512 * 360 * 3), width: 512, height: 360 };
  return astronaut;
}

function farthest(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i]! - wanted[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

function within(
  t: Test,
  what: string,
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
  tolerance: number,
) {
  const off = farthest(found, wanted);
  t.ok(off <= tolerance, `${what}: off by ${off}, allowed ${tolerance}`);
}

async function goldenPixels(name: string): Promise<Uint8Array> {
  return (await loadPicture(goldenFile(name))).data;
}

/** A soft picture in which level = 2x + y at every pixel. */
function ramp(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    data.fill(2 * (i % width) + Math.floor(i / width), 3 * i, 3 * i + 3);
  return { data, width, height };
}

t.test('kdtalker crops: windows and pixels of the reference', async (t) => {
  for (const index of CASES) {
    const photo = photoOf(index);
    const landmarks = pointsOf(`ffhq_${index}_landmarks`);
    const window = kdtalkerWindow(landmarks, photo.width, photo.height);
    t.same([...window.cropRect], [...cases[`ffhq_${index}_crop_rect`]!.data], `case ${index}: first cut`);
    within(t, `case ${index}: second cut`, window.quadRect, cases[`ffhq_${index}_quad_rect`]!.data, 1e-4);
    const crop = await cropPicture(photo, { kind: 'kdtalker', size: 256, landmarks });
    within(t, `case ${index}: pixels`, crop.picture.data, await goldenPixels(`crop_ffhq_${index}.png`), 2);
  }
  t.equal(kdtalkerWindow(pointsOf('ffhq_5_landmarks'), 2400, 2400).shrink, 2);
});

t.test('liveportrait crops: matrices, points and pixels of the reference', async (t) => {
  for (const index of CASES) {
    const landmarks = pointsOf(`ffhq_${index}_landmarks`);
    const crop = await cropPicture(photoOf(index), { kind: 'liveportrait', size: 512, landmarks });
    const [toCrop, toPhoto] = [
      cases[`liveportrait_${index}_M_o2c`]!.data,
      cases[`liveportrait_${index}_M_c2o`]!.data,
    ];
    within(t, `case ${index}: photo to crop`, crop.toCrop, toCrop.slice(0, 6), 1e-4);
    within(t, `case ${index}: crop to photo`, crop.toPhoto, toPhoto.slice(0, 6), 1e-4);
    const points = landmarks.map((point) => apply(crop.toCrop, point));
    within(t, `case ${index}: points`, points.flat(), cases[`liveportrait_${index}_points`]!.data, 1e-4);
    if (index > 1) continue;
    within(
      t,
      `case ${index}: pixels`,
      crop.picture.data,
      await goldenPixels(`crop_liveportrait_${index}.png`),
      2,
    );
  }
});

t.test('matrices say where the pixels come from', async (t) => {
  const photo = ramp(80, 60);
  const eye = (x: number, y: number): Point[] => Array.from({ length: 6 }, () => [x, y]);
  const landmarks: Point[] = Array.from({ length: 68 }, () => [40, 30]);
  landmarks.splice(36, 12, ...eye(34, 26), ...eye(46, 27));
  landmarks[48] = [36, 38];
  landmarks[54] = [44, 38];
  const level = (crop: Crop, x: number, y: number) => crop.picture.data[(y * crop.size + x) * 3]!;
  for (const kind of ['ffhq', 'kdtalker', 'liveportrait', 'none'] satisfies CropKind[]) {
    const crop = await cropPicture(photo, { kind, size: 64, landmarks });
    for (const pixel of [
      [20, 20],
      [40, 24],
      [33, 45],
    ] satisfies Point[]) {
      const [x, y] = apply(crop.toPhoto, pixel);
      const found = level(crop, ...pixel);
      t.ok(Math.abs(found - (2 * x + y)) <= 1.1, `${kind}: pixel ${pixel} shows (${x}, ${y})`);
      within(t, `${kind}: there and back`, apply(crop.toCrop, [x, y]), pixel, 1e-9);
    }
  }
});

t.test('ffhq: size, direction and border', async (t) => {
  const landmarks = pointsOf('ffhq_1_landmarks');
  const crop = await cropPicture(astronaut, { kind: 'ffhq', size: 512, landmarks });
  const at = (...indices: number[]) => {
    const points = indices.map((i) => crop.landmarks![i]!);
    return [0, 1].map((axis) => points.reduce((sum, p) => sum + p[axis]!, 0) / points.length) as [
      number,
      number,
    ];
  };
  const [left, right, mouth] = [at(36, 37, 38, 39, 40, 41), at(42, 43, 44, 45, 46, 47), at(48, 54)];
  const eyes: Point = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
  const eyeDistance = Math.hypot(right[0] - left[0], right[1] - left[1]);
  const eyeToMouth = Math.hypot(mouth[0] - eyes[0], mouth[1] - eyes[1]);
  within(
    t,
    'the half side is the larger of both rules',
    [Math.max(2 * eyeDistance, 1.8 * eyeToMouth)],
    [1],
    1e-9,
  );
  within(
    t,
    'the centre lies a tenth below the eyes',
    [0, 0],
    [0.9 * eyes[0] + 0.1 * mouth[0], 0.9 * eyes[1] + 0.1 * mouth[1]],
    1e-9,
  );
  t.ok(Math.abs(left[1] - right[1]) < 0.05, 'a tilted head is turned upright');

  const corner = landmarks.map(([x, y]): Point => [x + 260, y - 90]);
  const outside = await cropPicture(astronaut, { kind: 'ffhq', size: 512, landmarks: corner });
  const [x, y] = apply(outside.toPhoto, [511, 0]);
  t.ok(x > 511 && y < 0, 'the corner lies outside');
  const shown = outside.picture;
  t.not(Math.max(...shown.data.subarray(511 * 3, 512 * 3)), 0, 'and shows the mirrored picture, not black');
  const rows = { data: Uint8Array.from({ length: 3 * 300 * 300 }, (_, i) => (Math.floor(i / 900) % 64) * 4) };
  const lines = { ...rows, width: 300, height: 300 };
  const above = landmarks.map(([x, y]): Point => [x - 80, y - 150]);
  const beyond = await cropPicture(lines, { kind: 'ffhq', size: 128, landmarks: above });
  const level = (row: number) => beyond.picture.data[3 * (row * 128 + 64)]!;
  const edge = Math.round(apply(beyond.toCrop, [apply(beyond.toPhoto, [64, 64])[0], 0])[1]);
  t.ok(edge > 10, `the border is ${edge} pixels inside`);
  t.ok(level(edge - 4) > level(edge) + 8, 'which mirrors the levels that grow away from it');
});

t.test('ffhq: reducing does not alias, enlarging keeps the place', async (t) => {
  const landmarks = pointsOf('ffhq_1_landmarks');
  const small = await cropPicture(astronaut, { kind: 'ffhq', size: 64, landmarks });
  const large = enlargeCubic(astronaut, 2560, 2560);
  const scaled = landmarks.map(([x, y]): Point => [(x + 0.5) * 5 - 0.5, (y + 0.5) * 5 - 0.5]);
  const reduced = await cropPicture(large, { kind: 'ffhq', size: 64, landmarks: scaled });
  let sum = 0;
  for (let i = 0; i < small.picture.data.length; i++)
    sum += Math.abs(small.picture.data[i]! - reduced.picture.data[i]!);
  t.ok(sum / small.picture.data.length < 3, `mean difference ${sum / small.picture.data.length}`);
});

t.test('resizing has its pixel centres at halves', async (t) => {
  const photo = ramp(60, 60);
  const resized = await resize(photo, 30, 30);
  within(t, 'reduced', [resized.data[(15 * 30 + 15) * 3]!], [2 * 30.5 + 30.5], 1);
  const enlarged = await resize(photo, 180, 180);
  within(t, 'enlarged', [enlarged.data[(90 * 180 + 90) * 3]!], [3 * (90.5 / 3 - 0.5)], 1);
  const mixed = await resize(photo, 180, 30);
  within(t, 'mixed', [mixed.data[(15 * 180 + 90) * 3]!], [2 * (90.5 / 3 - 0.5) + 30.5], 1);
  const shifted = await warp(photo, [1, 0, 0.5, 0, 1, 0], 10, 10, 'black');
  t.equal(shifted.data[3 * 3], 7);
});

t.test('none: the whole picture, with or without landmarks', async (t) => {
  const crop = await cropPicture(photoOf(6), { kind: 'none', size: 128 });
  t.equal(crop.landmarks, undefined);
  t.equal(crop.picture.data.length, 128 * 128 * 3);
  within(t, 'corner', apply(crop.toPhoto, [-0.5, 127.5]), [-0.5, 359.5], 1e-9);
});

t.test('wrong calls', async (t) => {
  const crop = (options: object) => cropPicture(astronaut, { kind: 'ffhq', size: 64, ...options });
  await t.rejects(crop({}), { code: 'INVALID_ARGUMENT', message: /68 points/ });
  await t.rejects(crop({ landmarks: [[1, 2]] }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(crop({ kind: 'square' }), { code: 'INVALID_ARGUMENT', message: /'ffhq', 'kdtalker'/ });
  const same: Point[] = Array.from({ length: 68 }, () => [5, 5]);
  for (const kind of ['ffhq', 'kdtalker', 'liveportrait'])
    await t.rejects(crop({ kind, landmarks: same }), { code: 'INVALID_ARGUMENT' });
  const away = pointsOf('ffhq_1_landmarks').map(([x, y]): Point => [x + 5000, y]);
  await t.rejects(crop({ kind: 'kdtalker', landmarks: away }), {
    code: 'INVALID_ARGUMENT',
    message: /outside/,
  });
  t.equal((await crop({ landmarks: away })).size, 64, 'ffhq mirrors the border');
  await t.rejects(crop({ signal: AbortSignal.abort() }), { code: 'ABORTED' });
});
