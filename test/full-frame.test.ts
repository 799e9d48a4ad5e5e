import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CropKind, type Frame, Motion, type Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { native } from '../dist/binding.js';
import { CROP_KINDS } from '../dist/face/crop/index.js';
import { apply, type Point } from '../dist/face/geometry.js';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import { puppetPack } from '../dist/packs/puppet/pack.js';
import { readSafetensors, writeSafetensors } from '../dist/packs/safetensors.js';
import type { Picture } from '../dist/picture.js';
import { planClip } from '../dist/talker/clip/clip-options.js';
import { MOTION_SIZE } from '../dist/talker/motion/motion.js';
import { golden, goldenFile } from './support/golden.js';
import { loadDraft, retargetingPack } from './support/keypoints.js';
import { decodeFrames, fails, ffmpegs, setEnvironment } from './support/media.js';
import { loadPicture, toSharp } from './support/pictures.js';
import { plainPack } from './support/plain-pack.js';
import { framesOf, hashOf, loadBoth, loadTalker, portraitFile, speech } from './support/talker.js';

const astronaut = await loadPicture(portraitFile);
const full = { frame: 'full' } as const;

/** The astronaut between other pixels, at a size of its own. */
async function framed(width: number, height: number): Promise<Picture & { channels: 3 }> {
  const [left, top] = [Math.floor((width - 512) / 2), Math.floor((height - 512) / 3)];
  const borders = { left, top, right: width - 512 - left, bottom: height - 512 - top };
  const data = await toSharp(astronaut)
    .extend({ ...borders, background: '#305070' })
    .raw()
    .toBuffer();
  return { data: new Uint8Array(data), width, height, channels: 3 };
}

function largest(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 256;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

async function plainTalker(
  t: Test,
  networks: Parameters<typeof plainPack>[1],
  device = 'cpu',
): Promise<Talker> {
  return loadTalker(t, { device, threads: 1 }, await plainPack(join(t.testdir(), 'pack'), networks));
}

for (const index of [0, 1]) {
  t.test(`pasted back as the reference does: case ${index}`, async (t) => {
    const { data: crop } = await loadPicture(goldenFile(`crop_liveportrait_${index}.png`));
    const talker = await plainTalker(t, { render: crop.map((level) => 255 - level) }, 'guarded');
    const { data } = golden('crop.safetensors')[`ffhq_${index}_landmarks`]!;
    const landmarks = Array.from({ length: 68 }, (_, i): Point => [data[2 * i]!, data[2 * i + 1]!]);
    const portrait = await talker.portrait(portraitFile, { crop: 'liveportrait', landmarks });
    const [frame] = await framesOf(talker.animate(portrait, speech(1), full));
    const wanted = await loadPicture(goldenFile(`paste_back_${index}.png`));
    t.same([frame!.width, frame!.height], [wanted.width, wanted.height]);
    const off = frame!.data.reduce((count, value, i) => count + (value === wanted.data[i] ? 0 : 1), 0);
    t.ok(largest(frame!.data, wanted.data) <= 1, 'no pixel is off by more than a level');
    t.ok(off < 0.01 * wanted.data.length, `${off} of ${wanted.data.length} values are off by one`);
  });
}

t.test('a crop that does not move gives the picture back, whatever its kind', async (t) => {
  const talker = await plainTalker(t, { render: 'crop' });
  const picture = await framed(701, 603);
  for (const crop of CROP_KINDS) {
    const portrait = await talker.portrait(picture, { crop });
    t.same(portrait.photo, { width: 701, height: 603 });
    const clip = talker.animate(portrait, speech(1), full);
    t.same([clip.width, clip.height], [701, 603]);
    const [frame] = await framesOf(clip);
    t.equal(frame!.data.length, 3 * 701 * 603);
    const { outside, mean } = comparison(frame!, picture, portrait.crop);
    t.equal(outside, 0, `${crop}: nothing changes outside the crop`);
    t.ok(mean < 3, `${crop}: inside, only what resampling takes: mean difference ${mean}`);
  }
});

/** The largest difference outside the crop, and the mean one inside. */
function comparison(
  frame: Frame,
  picture: Picture,
  crop: { toCrop: readonly number[]; size: number },
  rim = 18,
) {
  let [outside, sum, count] = [0, 0, 0];
  for (let i = 0; i < frame.width * frame.height; i++) {
    const at: Point = [i % frame.width, Math.floor(i / frame.width)];
    const [x, y] = apply(crop.toCrop as never, at);
    const inside = x > rim && y > rim && x < crop.size - 1 - rim && y < crop.size - 1 - rim;
    for (let c = 0; c < 3; c++) {
      const off = Math.abs(frame.data[3 * i + c]! - picture.data[3 * i + c]!);
      if (inside) sum += off;
      else outside = Math.max(outside, off);
    }
    if (inside) count += 3;
  }
  return { outside, mean: sum / count };
}

t.test('a face that moves changes the picture where the face is', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(3), full);
  const frames = await framesOf(clip);
  const { outside } = comparison(frames[2]!, astronaut, portrait.crop, 1);
  t.equal(outside, 0);
  t.not(largest(frames[2]!.data, astronaut.data), 0);
  t.not(largest(frames[0]!.data, frames[2]!.data), 0, 'frames differ');
  t.equal(await hashOf(clip), await hashOf(talker.animate(portrait, speech(3), full)), 'the same again');
  const guarded = await loadBoth(t, { device: 'guarded' });
  t.equal(
    await hashOf(guarded.talker.animate(guarded.portrait, speech(3), full)),
    await hashOf(clip),
    'the same where the host may not touch memory',
  );
});

t.test('I420 shows the same picture, also of odd sides', async (t) => {
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(await framed(641, 577));
  const clip = talker.animate(portrait, speech(3), { ...full, seed: 5 });
  const [rgb, yuv] = [await framesOf(clip), await framesOf(clip, { format: 'yuv420p' })];
  for (const [i, { data, width, height }] of rgb.entries()) {
    t.equal(yuv[i]!.data.length, 641 * 577 + 2 * 321 * 289);
    const luma = Uint8Array.from({ length: width * height }, (_, at) => {
      const [r, g, b] = data.subarray(3 * at, 3 * at + 3) as unknown as [number, number, number];
      return 16 + ((11966 * r + 40254 * g + 4064 * b + 32768) >> 16);
    });
    t.equal(largest(yuv[i]!.data.subarray(0, width * height), luma), 0, `luma of frame ${i}`);
    t.equal(largest(yuv[i]!.data.subarray(width * height), chromaOf(data, width, height)), 0, 'and chroma');
  }
});

/** Cb and Cr of the means of 2x2 pixels, edges repeated. */
function chromaOf(data: Uint8Array, width: number, height: number): Uint8Array {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const planes = new Uint8Array(2 * columns * rows);
  const at = (x: number, y: number, c: number) =>
    data[3 * (Math.min(y, height - 1) * width + Math.min(x, width - 1)) + c]!;
  for (let i = 0; i < columns * rows; i++) {
    const [x, y] = [2 * (i % columns), 2 * Math.floor(i / columns)];
    const sum = (c: number) => at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c);
    const [r, g, b] = [sum(0), sum(1), sum(2)];
    planes[i] = ((128 << 18) + (1 << 17) - 6596 * r - 22189 * g + 28785 * b) >> 18;
    planes[columns * rows + i] = ((128 << 18) + (1 << 17) + 28784 * r - 26145 * g - 2639 * b) >> 18;
  }
  return planes;
}

t.test('files have the size of the picture; of odd sides one line less', async (t) => {
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(await framed(641, 577));
  const folder = t.testdir();
  for (const ffmpeg of ffmpegs()) {
    setEnvironment(t, { FFMPEG_PATH: ffmpeg });
    for (const name of ['talk.mp4', 'talk.webm']) {
      await talker.animate(portrait, speech(2), full).save(join(folder, name));
      const frames = decodeFrames(join(folder, name), 'rgb24', 3 * 640 * 576);
      t.equal(frames.length, 2, `${name}: 640x576`);
      // The corner is the border's colour: planes of another width would have slid into each other.
      t.ok(largest(frames[1]!.subarray(0, 3), Uint8Array.of(0x30, 0x50, 0x70)) < 12, 'upright and in colour');
    }
  }
  const [frame] = await framesOf(talker.animate(portrait, speech(2), full));
  await talker.animate(portrait, speech(2), full).save(`${folder}/pictures/`);
  const picture = await loadPicture(`${folder}/pictures/00000.png`);
  t.same([picture.width, picture.height], [641, 577], 'pictures keep every pixel');
  t.equal(largest(picture.data, frame!.data), 0);
});

t.test('a saved portrait keeps its photo; older files and those without say so', async (t) => {
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(await framed(600, 560));
  const file = join(t.testdir(), 'face.portrait');
  await portrait.save(file);
  const loaded = await talker.loadPortrait(file);
  t.same(loaded.photo, { width: 600, height: 560 });
  t.ok(loaded.ratios);
  t.same(loaded.ratios, portrait.ratios, 'and its ratios');
  t.equal(
    await hashOf(talker.animate(loaded, speech(2), full)),
    await hashOf(talker.animate(portrait, speech(2), full)),
  );
  const stored = readSafetensors(readFileSync(file));
  t.equal(stored.metadata.version, '2');
  t.ok(stored.tensors.photo!.data.length < 3 * 600 * 560, 'compressed');

  const bare = await talker.portrait(portraitFile, { keepPhoto: false });
  t.equal(bare.photo, undefined);
  await bare.save(file);
  const again = await talker.loadPortrait(file);
  t.equal(again.photo, undefined);
  t.equal(await hashOf(talker.animate(again, speech(1))), await hashOf(talker.animate(bare, speech(1))));
  t.equal(talker.animate(bare, speech(1)).width, 512, 'it has crops only');
  for (const without of [bare, again]) {
    const animate = async () => talker.animate(without, speech(1), full);
    await fails(t, animate, 'INVALID_ARGUMENT', /keeps its photo for frame 'full'.* keepPhoto: false/);
  }
  const { tensors, metadata } = readSafetensors(readFileSync(file));
  const { version: _, ...first } = metadata;
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, writeSafetensors(tensors, first));
  t.equal((await talker.loadPortrait(file)).photo, undefined, 'a file of the first version');
  writeFileSync(file, writeSafetensors(tensors, { ...metadata, version: '5' }));
  await fails(t, () => talker.loadPortrait(file), 'PORTRAIT_INVALID', /of version 5, which a later release/);
});

t.test('frames show what the pack says, if nobody else does', async (t) => {
  const picture = await framed(701, 603);
  const sizes = async (talker: Talker, options: object = {}) => {
    const portrait = await talker.portrait(picture, options);
    const { width, height } = talker.animate(portrait, speech(1));
    return [width, height];
  };
  const puppet = await loadTalker(t);
  t.same(await sizes(puppet), [701, 603], 'the puppet: whole pictures');
  t.same(await sizes(puppet, { keepPhoto: false }), [512, 512], 'which it has to keep');
  t.same(
    await sizes(await plainTalker(t, { render: 'crop' })),
    [512, 512],
    'a pack that says nothing: crops',
  );
  const portrait = await puppet.portrait(picture);
  t.equal(puppet.animate(portrait, speech(1), { frame: 'crop' }).width, 512);
  t.equal(
    await hashOf(puppet.animate(portrait, speech(2))),
    await hashOf(puppet.animate(portrait, speech(2), full)),
  );
});

t.test('where the border stands still the crop is pasted up to it', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const { toPhoto, size } = portrait.crop;
  const open = new Motion(
    Float32Array.of(1, 8, 0, 0, ...DIRECTIONS.jaw.slice(4).map((value) => 0.05 * value)),
  );
  const [crop] = await framesOf(talker.animate(portrait, open, { frame: 'crop' }));
  const [whole] = await framesOf(talker.animate(portrait, open, full));
  const seen = (picture: Picture, [x, y]: Point, c: number) =>
    picture.data[3 * (Math.round(y) * picture.width + Math.round(x)) + c]!;
  // Under the chin, 32 to 72 pixels from the edge, where the published mask shows the old chin through the new one.
  let [moved, off] = [0, 0];
  for (let i = 0; i < 200 * 40 * 3; i++) {
    const at: Point = [156 + (Math.floor(i / 3) % 200), size - 72 + Math.floor(i / 600)];
    const place = apply(toPhoto, at);
    const rendered = seen(crop!, at, i % 3);
    moved += Math.abs(seen(astronaut, place, i % 3) - rendered);
    off += Math.abs(seen(whole!, place, i % 3) - rendered);
  }
  t.ok(off < 0.25 * moved, `pasted is off by ${off}, where the face moved by ${moved}`);
});

t.test('a large picture is shown reduced, and its face is cut out of the whole', async (t) => {
  const talker = await loadTalker(t);
  const data = await toSharp(astronaut).resize(2400, 1800, { fit: 'fill' }).raw().toBuffer();
  const large = { data: new Uint8Array(data), width: 2400, height: 1800, channels: 3 as const };
  const portrait = await talker.portrait(large);
  t.same(portrait.photo, { width: 1920, height: 1440 }, 'at most 1920 pixels on the longer side');
  const whole = await talker.portrait(large, { maxSize: 4000 });
  t.same(whole.photo, { width: 2400, height: 1800 });
  t.same(whole.crop, portrait.crop, 'the crop is that of the picture');
  const small = await talker.portrait(large, { maxSize: 600 });
  t.same(small.photo, { width: 600, height: 450 });
  const [frame] = await framesOf(talker.animate(small, speech(1)));
  const reduced = await toSharp(large).resize(600, 450, { fit: 'fill' }).raw().toBuffer();
  const mean = frame!.data.reduce((sum, level, i) => sum + Math.abs(level - reduced[i]!), 0) / reduced.length;
  t.ok(mean < 3, `the face is where it was: mean difference ${mean}`);

  const file = join(t.testdir(), 'small.portrait');
  await small.save(file);
  t.equal(readSafetensors(readFileSync(file)).metadata.version, '4', 'older releases refuse it');
  const loaded = await talker.loadPortrait(file);
  t.same([loaded.photo, loaded.crop], [small.photo, small.crop]);
  t.equal(await hashOf(talker.animate(loaded, speech(2))), await hashOf(talker.animate(small, speech(2))));
  await fails(
    t,
    () => talker.portrait(large, { maxSize: 15 }),
    'INVALID_ARGUMENT',
    /16 to 65536 for maxSize/,
  );
});

t.test('a face at the edge, or cut out from beyond it', async (t) => {
  const talker = await plainTalker(t, { render: 'crop' });
  const { data } = golden('crop.safetensors').ffhq_1_landmarks!;
  for (const [kind, shift] of [
    ['liveportrait', 250],
    ['ffhq', -180],
    ['ffhq', 4000],
  ] as [CropKind, number][]) {
    const landmarks = Array.from({ length: 68 }, (_, i): Point => [data[2 * i]! + shift, data[2 * i + 1]!]);
    const portrait = await talker.portrait(portraitFile, { crop: kind, landmarks });
    const clip = talker.animate(portrait, speech(1), full);
    const [frame] = await framesOf(clip);
    t.equal(comparison(frame!, astronaut, portrait.crop).outside, 0, `${kind} moved by ${shift}`);
    t.equal((await framesOf(clip, { format: 'yuv420p' })).length, 1);
  }
});

t.test('stitched where the pack can, unless that is switched off', async (t) => {
  const talker = await loadDraft(t, retargetingPack());
  const planned = (options: object, pack = talker.pack) => planClip(options, pack, false).native.stitch;
  t.equal(planned(full), true);
  t.equal(planned({ ...full, stitch: false }), false);
  t.equal(planned({}), false, 'a crop alone is not');
  t.equal(planned(full, (await loadTalker(t)).pack), false, 'nor with a pack without that network');
});

t.test('whole pictures are not floats', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(1), full);
  const wanted =
    /'rgb24', 'rgba', 'yuv420p', 'yuva420p' or 'nv12' with frame 'full' for format of frames\(\) but received 'rgbf32'/;
  await fails(t, () => framesOf(clip, { format: 'rgbf32' }), 'INVALID_ARGUMENT', wanted);
  t.equal((await framesOf(clip)).length, 1, 'the clip goes on');
  const motion = new Float32Array(MOTION_SIZE);
  const handle = native().openRun(portrait.handle, motion, planClip(full, talker.pack, true).native);
  const room = new Uint8Array(12 * clip.width * clip.height);
  await fails(
    t,
    () => native().readFrame(handle, room, 'rgbf32', undefined),
    'INVALID_ARGUMENT',
    /rgb24 or yuv420p for whole pictures/,
  );
  t.equal(await native().readFrame(handle, room, 'rgb24', undefined), 0);
  await native().closeRun(handle);
});

t.test('frame is checked', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const animate = async () => talker.animate(portrait, speech(1), { frame: 'whole' as never });
  await fails(t, animate, 'INVALID_ARGUMENT', /'crop' or 'full' for frame/);
  await fails(
    t,
    () => talker.portrait(portraitFile, { keepPhoto: 1 as never }),
    'INVALID_ARGUMENT',
    /true or false for keepPhoto/,
  );
});

t.test('a photo moves by the field alone as by that of the renderer', async (t) => {
  const { field, ...roles } = puppetPack().roles;
  t.ok(field);
  const hashes = [];
  for (const draft of [puppetPack(), { ...puppetPack(), roles }]) {
    const talker = await loadDraft(t, draft);
    const portrait = await talker.portrait(portraitFile);
    hashes.push(await hashOf(talker.animate(portrait, speech(1), full)));
  }
  t.equal(hashes[0], hashes[1]);
});
