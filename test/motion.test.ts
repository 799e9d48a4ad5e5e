import { readFileSync, writeFileSync } from 'node:fs';
import { Motion, type MotionFrame } from 'kdtalker';
import t from 'tap';
import { fails, names } from './support/media.js';
import { hashOf, loadBoth, speech } from './support/talker.js';

const FRAMES = 4;
const still: MotionFrame = {
  scale: 1,
  yaw: 0,
  pitch: 0,
  roll: 0,
  translation: [0, 0, 0],
  expression: new Array<number>(63).fill(0),
};

t.test('a motion has frames with names', (t) => {
  const values = Float32Array.from({ length: 140 }, (_, i) => i / 8);
  const motion = new Motion(values, 25);
  t.equal(motion.frames, 2);
  const { scale, yaw, pitch, roll, translation, expression } = motion.frame(1);
  t.same([scale, yaw, pitch, roll, ...translation, ...expression], Array.from(values.subarray(70)));
  t.same(Motion.from([motion.frame(0), motion.frame(1)]).values, values, 'and back');
  motion.frame(0).expression.fill(9);
  t.equal(motion.frame(0).expression[0], 7 / 8, 'a frame is a copy');
  t.end();
});

t.test('a saved motion replays to the same bytes', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(FRAMES), { seed: 5, poseOffset: { roll: 3 } });
  const motion = await clip.motion();
  const folder = t.testdir();
  await motion.save(`${folder}/nod.json`);
  t.same(names(folder), ['nod.json'], 'and nothing else');
  const loaded = await Motion.load(`${folder}/nod.json`);
  t.same(loaded.values, motion.values, 'every bit');
  t.equal(loaded.fps, 25);
  t.equal(await hashOf(talker.animate(portrait, loaded)), await hashOf(clip));
  t.match(JSON.parse(readFileSync(`${folder}/nod.json`, 'utf8')), {
    format: 'kdtalker-motion',
    version: 1,
    fps: 25,
  });
});

t.test('a motion moves another portrait, and may be edited', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const mirrored = await talker.portrait(
    { data: new Uint8Array(3 * 256 * 256).fill(90), width: 256, height: 256, channels: 3 },
    { crop: 'none' },
  );
  const motion = await talker.animate(portrait, speech(FRAMES)).motion();
  const one = await hashOf(talker.animate(portrait, motion));
  t.not(await hashOf(talker.animate(mirrored, motion)), one, 'another portrait');
  const frames = Array.from({ length: motion.frames }, (_, i) => motion.frame(i));
  const turned = Motion.from(frames.map((frame) => ({ ...frame, yaw: frame.yaw + 6 })));
  t.equal(
    await hashOf(talker.animate(portrait, turned)),
    await hashOf(talker.animate(portrait, motion, { poseOffset: { yaw: 6 } })),
    'an edit by hand is the same as the option',
  );
  t.not(await hashOf(talker.animate(portrait, turned)), one);
});

t.test('a motion at rest leaves the picture as it is', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const [one, two] = await Promise.all([
    talker
      .animate(portrait, Motion.from([still]))
      .frames()
      .next(),
    talker
      .animate(portrait, Motion.from([still, still]), { still: true })
      .frames()
      .next(),
  ]);
  t.ok(Buffer.from(one.value!.data).equals(two.value!.data));
});

t.test('what is no motion is refused', async (t) => {
  const refuse = (values: unknown, code: string, message?: RegExp) =>
    fails(t, async () => new Motion(values as Float32Array), code, message);
  await refuse(new Float32Array(0), 'MOTION_INVALID', /^Expected a multiple of 70 finite numbers/);
  await refuse(new Float32Array(69), 'MOTION_INVALID');
  await refuse(new Float32Array(70).fill(Number.NaN), 'MOTION_INVALID');
  await refuse([1, 2, 3], 'INVALID_ARGUMENT', /^Expected a Float32Array/);
  const motion = new Motion(new Float32Array(70));
  for (const index of [-1, 1, 0.5])
    await fails(t, async () => motion.frame(index), 'INVALID_ARGUMENT', /0 to 0/);
  await fails(t, async () => Motion.from([]), 'MOTION_INVALID', /at least one frame/);
  const wrong = { ...still, translation: [0, 0] } as unknown as MotionFrame;
  await fails(
    t,
    async () => Motion.from([still, wrong]),
    'MOTION_INVALID',
    /three numbers for frames.1.translation/,
  );
  await fails(t, async () => Motion.from([{ ...still, yaw: Number.NaN }]), 'MOTION_INVALID', /frames.0.yaw/);
});

t.test('a file that is no motion is refused', async (t) => {
  const folder = t.testdir();
  const file = `${folder}/motion.json`;
  await fails(t, () => Motion.load(`${folder}/none.json`), 'FILE_NOT_FOUND', /none\.json/);
  await fails(t, () => Motion.load(folder), 'FILE_NOT_FOUND');
  await new Motion(new Float32Array(70)).save(file);
  const text = readFileSync(file, 'utf8');
  for (const [broken, message] of [
    ['', /JSON/],
    [text.slice(0, -20), /JSON/],
    ['[]', /a motion file/],
    [text.replace('kdtalker-motion', 'another'), /'kdtalker-motion' for format/],
    [text.replace('"version":1', '"version":2'), /1 for version/],
    [text.replace('"yaw":0', '"yaw":null'), /a finite number for frames.0.yaw/],
    [text.replace('"yaw":0', '"yaw":1e999'), /frames.0.yaw/],
    [text.replace('"expression":[0,', '"expression":['), /63 numbers/],
  ] as const) {
    writeFileSync(file, broken);
    await fails(t, () => Motion.load(file), 'MOTION_INVALID', message);
  }
});

t.test('a motion that cannot be written leaves nothing behind', async (t) => {
  const folder = t.testdir({ taken: {} });
  const motion = new Motion(new Float32Array(70));
  await fails(t, () => motion.save(`${folder}/missing/m.json`), 'OUTPUT_UNWRITABLE');
  await fails(t, () => motion.save(`${folder}/taken`), 'OUTPUT_UNWRITABLE');
  await fails(t, () => motion.save(3 as never), 'INVALID_ARGUMENT', /a path/);
  t.same(names(folder), ['taken']);
});
