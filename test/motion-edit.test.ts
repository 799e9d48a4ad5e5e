import { Motion } from 'kdtalker';
import t from 'tap';
import { drawingPack, drivingKeypoints, loadDraft, motionTo, portraitOf } from './support/keypoints.js';
import { fails } from './support/media.js';
import { near } from './support/networks.js';
import { hashOf, loadBoth, speech } from './support/talker.js';

const FRAMES = 4;

t.test('a motion is edited for all frames, frame by frame, or by a function', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const motion = await talker.animate(portrait, speech(FRAMES)).motion();
  const before = motion.values.slice();
  const yaw = Float32Array.from({ length: FRAMES }, (_, i) => 3 * i);
  const smile = new Float32Array(63);
  smile[3 * 17 + 1] = smile[3 * 18 + 1] = -0.05;
  const edited = motion.edit({ yaw, roll: -2, scale: 1.25, translation: [0.1, 0, 0], expression: smile });
  t.same(motion.values, before, 'the first one stays');
  for (let i = 0; i < FRAMES; i++) {
    const [old, now] = [motion.frame(i), edited.frame(i)];
    t.equal(now.yaw, Math.fround(old.yaw + 3 * i));
    t.equal(now.roll, Math.fround(old.roll - 2));
    t.equal(now.pitch, old.pitch);
    t.equal(now.scale, Math.fround(old.scale * 1.25));
    const [x, ...rest] = old.translation;
    t.same(now.translation, [Math.fround(x + Math.fround(0.1)), ...rest]);
    const smiling = old.expression.map((value, c) => Math.fround(value + smile[c]!));
    t.same(now.expression, smiling);
  }
  const byHand = motion.edit(({ yaw: angle, roll }, i) => ({ yaw: angle + yaw[i]!, roll: roll - 2 }));
  const angles = (of: Motion) => of.values.filter((_, i) => i % 70 === 1 || i % 70 === 3);
  t.same(angles(byHand), angles(edited));
  t.equal(byHand.frame(2).pitch, motion.frame(2).pitch, 'what a function leaves out stays');
  t.same(motion.edit({}).values, motion.values);
  t.same(motion.slice(1, 3).values, motion.values.slice(70, 210));
  t.same(motion.slice(2).values, motion.values.slice(140));

  const file = `${t.testdir()}/edited.json`;
  await edited.save(file);
  t.same((await Motion.load(file)).values, edited.values, 'a file keeps every bit');
});

t.test('the option does what editing the motion does', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const expression = new Float32Array(63 * FRAMES);
  expression[63 + 3 * 20 + 1] = 0.04;
  const edit = { pitch: [0, 1, 2, 3], translation: Float32Array.of(0.05, -0.05, 0), expression };
  const clip = talker.animate(portrait, speech(FRAMES), { edit });
  const motion = await talker.animate(portrait, speech(FRAMES)).motion();
  t.same((await clip.motion()).values, motion.edit(edit).values, 'the motion has it');
  const hash = await hashOf(clip);
  t.equal(await hashOf(talker.animate(portrait, motion.edit(edit))), hash);
  t.equal(await hashOf(talker.animate(portrait, motion, { edit })), hash, 'on a replay too');
  t.not(await hashOf(talker.animate(portrait, motion)), hash);

  const counted = talker.counters().motion.uploads;
  await hashOf(clip);
  t.equal(talker.counters().motion.uploads - counted, 1, 'handed to the device once');
});

t.test('a scale is a zoom, in both modes', async (t) => {
  const talker = await loadDraft(t, drawingPack());
  const source = Float32Array.from({ length: 63 }, (_, i) => (i % 7) / 10);
  const portrait = await portraitOf(t, talker, source);
  const rest = new Motion(motionTo(source, source, source, source));
  const scale = Float32Array.of(1, 1.5, 2);
  for (const mode of ['absolute', 'relative'] as const) {
    const zoomed = await drivingKeypoints(talker.animate(portrait, rest, { mode, edit: { scale } }));
    for (const [i, factor] of scale.entries()) {
      const expected = source.map((value) => factor * value);
      near(t, zoomed[i]!, expected, 3e-6, `${mode}, frame ${i}: ${factor} times`);
    }
  }
  const edited = rest.edit({ scale });
  const [absolute, relative] = [
    await drivingKeypoints(talker.animate(portrait, edited)),
    await drivingKeypoints(talker.animate(portrait, edited, { mode: 'relative' })),
  ];
  near(t, absolute[2]!, source, 3e-6, "absolute mode takes the portrait's scale, not the motion's");
  const twice = source.map((value) => 2 * value);
  near(t, relative[2]!, twice, 3e-6, "relative mode takes the motion's");
});

t.test('edits that are wrong are refused', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const motion = new Motion(new Float32Array(140));
  const wrong: [unknown, RegExp][] = [
    [{ yaw: 181 }, /^Expected a number from -180 to 180, or an array of such, for (edit\.)?yaw/],
    [{ yaw: Float32Array.of(1, Number.NaN) }, /for (edit\.)?yaw/],
    [{ scale: 0 }, /a number from 0.01 to 100/],
    [{ translation: [1, 2] }, /a multiple of three numbers/],
    [{ expression: new Float32Array(62) }, /a multiple of 63 numbers/],
    [{ expression: [] }, /a multiple of 63 numbers/],
    [{ yaw: [1, 2], roll: [1, 2, 3] }, /^Expected 3 frames, as another part has, for yaw of an edit/],
    [{ jaw: 1 }, /jaw/],
    [5, /an object with yaw/],
  ];
  for (const [edit, message] of wrong) {
    await fails(t, async () => motion.edit(edit as never), 'INVALID_ARGUMENT', message);
    const animate = async () => talker.animate(portrait, motion, { edit: edit as never });
    await fails(t, animate, 'INVALID_ARGUMENT', message);
  }
  const edit = { yaw: [1, 2, 3] };
  await fails(t, async () => motion.edit(edit), 'INVALID_ARGUMENT', /^Expected 2, one for each frame,/);
  const replay = async () => talker.animate(portrait, motion, { edit });
  await fails(t, replay, 'INVALID_ARGUMENT', /^Expected 2, one for each frame, for the frames of edit/);
  const clip = talker.animate(portrait, speech(2), { edit });
  await fails(t, () => clip.motion(), 'INVALID_ARGUMENT', /for the frames of edit but received 3/);
  await fails(t, async () => motion.edit(() => ({ yaw: Number.NaN })), 'MOTION_INVALID', /frames.0.yaw/);
  await fails(t, async () => motion.edit(() => ({ jaw: 1 }) as never), 'MOTION_INVALID', /jaw/);
  for (const [first, last] of [
    [-1, 1],
    [0, 3],
    [1, 1],
    [0.5, 1],
  ] as const)
    await fails(t, async () => motion.slice(first, last), 'INVALID_ARGUMENT', /frames between 0 and 2/);
});
