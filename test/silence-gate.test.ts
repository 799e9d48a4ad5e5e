import type { AnimateOptions, Motion, SilenceGateOptions } from 'kdtalker';
import t from 'tap';
import { fails } from './support/media.js';
import { hashOf, loadBoth, randoms, SAMPLE_RATE, SAMPLES_PER_FRAME, speech } from './support/talker.js';

const SPOKEN = 24;
const GAP = 36;
const FRAMES = 2 * SPOKEN + GAP;
const [FIRST, LAST] = [SPOKEN, SPOKEN + GAP];
const rule = { after: 0.32, attack: 4, release: 6 } satisfies SilenceGateOptions;
const WAIT = 8;
/** Few, for speed: the gate comes after sampling. */
const STEPS = 5;

/** Speech, then a room that is nearly still, then speech; `level` is the amplitude of the room's noise. */
function pause(gap = GAP, level = 1e-4, gain = 1) {
  const part = speech(SPOKEN).samples;
  const random = randoms(3);
  const room = Float32Array.from({ length: gap * SAMPLES_PER_FRAME }, () => level * (2 * random() - 1));
  const samples = Float32Array.from([...part, ...room, ...part], (value) => value * gain);
  return { samples, sampleRate: SAMPLE_RATE };
}

/** Where the puppet's lips are in a frame of motion; its lids and brows are elsewhere. */
const LIPS = [14, 15, 16, 17, 18, 19, 20].flatMap((keypoint) => [7 + 3 * keypoint, 8 + 3 * keypoint]);
const lipsOf = (motion: Motion, frame: number) => LIPS.map((c) => motion.values[70 * frame + c]!);
const othersOf = (motion: Motion) => motion.values.filter((_, i) => !LIPS.includes(i % 70));

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

t.test('the mouth comes to rest where nobody speaks, and speech keeps every bit: cpu, guarded', async (t) => {
  const results: Float32Array[] = [];
  for (const device of ['cpu', 'guarded']) {
    const { talker, portrait } = await loadBoth(t, { device });
    const motionOf = (options: AnimateOptions) =>
      talker.animate(portrait, pause(), { steps: STEPS, ...options }).motion();
    const plain = await motionOf({});
    const gated = await motionOf({ silenceGate: rule });
    const rest = lipsOf(await motionOf({ expressionScale: 0 }), 0);
    results.push(gated.values);

    t.same(othersOf(gated), othersOf(plain), 'nothing but lips is touched');
    const steps: number[] = [];
    for (let i = 0; i < FRAMES; i++) {
      const [before, after] = [lipsOf(plain, i), lipsOf(gated, i)];
      if (i < FIRST + WAIT || i >= LAST + 2) t.same(after, before, `frame ${i} is speech, or soon after it`);
      if (i > FIRST + WAIT + rule.release + 3 && i < LAST - rule.attack - 2) {
        t.same(after, rest, `frame ${i} is at rest`);
        t.notSame(before, rest, 'which it is not without the gate');
      }
      if (i > 0) steps.push(distance(after, lipsOf(gated, i - 1)) - distance(before, lipsOf(plain, i - 1)));
    }
    t.ok(Math.max(...steps) < 0.01, `no jump that was not there: ${Math.max(...steps)}`);
    t.same((await motionOf({ silenceGate: false })).values, plain.values, 'off is off');
    const crossed = talker.counters();
    t.same([crossed.spectrogram.uploads, crossed.motion.uploads], [4, 0], 'it listens where the sound is');
  }
  t.same(results[1], results[0], 'guarded is cpu to the last bit');
});

t.test('pauses that are short, or not silent, are left alone', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const acts = async (
    sound: ReturnType<typeof pause>,
    silenceGate: AnimateOptions['silenceGate'] = rule,
  ): Promise<boolean> => {
    const motionOf = (options: AnimateOptions) =>
      talker.animate(portrait, sound, { steps: STEPS, ...options }).motion();
    const [plain, gated] = [await motionOf({}), await motionOf({ silenceGate })];
    return gated.values.some((value, i) => value !== plain.values[i]);
  };
  t.equal(await acts(pause()), true);
  t.equal(await acts(pause(), true), true, 'as it is by default');
  t.equal(await acts(pause(GAP, 1e-4, 0.1)), true, 'a quieter recording');
  t.equal(await acts(pause(6)), false, 'a short pause');
  t.equal(await acts(pause(GAP, 0.05)), false, 'a pause with noise');
  t.equal(await acts(pause(), { ...rule, after: 2 }), false, 'shorter than what is asked for');
  t.equal(await acts(pause(GAP, 0.05), { ...rule, threshold: -3, hysteresis: 0, after: 0 }), true, 'louder');
});

t.test('nothing but silence is at rest from its first frame to its last, in both modes', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const silence = { samples: new Float32Array(20 * SAMPLES_PER_FRAME), sampleRate: SAMPLE_RATE };
  const motionOf = (options: AnimateOptions) =>
    talker.animate(portrait, silence, { ...options, silenceGate: rule }).motion();
  const rest = lipsOf(await motionOf({ expressionScale: 0 }), 0);
  const absolute = await motionOf({});
  for (let i = 0; i < absolute.frames; i++) t.same(lipsOf(absolute, i), rest, `frame ${i}`);
  const relative = await motionOf({ mode: 'relative' });
  for (let i = 1; i < relative.frames; i++)
    t.same(lipsOf(relative, i), lipsOf(relative, 0), `relative, frame ${i}: as the first`);
});

t.test('edits come on top of what is at rest, and a gated motion can be kept', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const corner = 3 * 17 + 1;
  const smile = new Float32Array(63);
  smile[corner] = -0.05;
  const clip = talker.animate(portrait, pause(), { silenceGate: rule, edit: { expression: smile } });
  const motion = await clip.motion();
  const rest = lipsOf(await talker.animate(portrait, pause(), { expressionScale: 0 }).motion(), 0);
  const smiling = rest.map((value, i) =>
    LIPS[i] === 7 + corner ? Math.fround(value + smile[corner]!) : value,
  );
  t.same(lipsOf(motion, FIRST + 22), smiling);
  const short = talker.animate(portrait, motion.slice(0, 3));
  const frames = clip.frames();
  const hashes = [await hashOf(short), await hashOf(talker.animate(portrait, motion.slice(0, 3)))];
  t.equal(hashes[0], hashes[1]);
  const [kept, made] = [await short.frames().next(), await frames.next()];
  t.ok(Buffer.from(kept.value!.data).equals(made.value!.data), 'the replay draws the same');
  await frames.return();
});

t.test('options are checked', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const wrong: [unknown, RegExp][] = [
    ['yes', /^Expected true, false or an object for silenceGate/],
    [{ threshold: 1 }, /a number from -80 to 0 for silenceGate.threshold/],
    [{ attack: 1.5 }, /an integer from 0 to 250 for silenceGate.attack/],
    [{ after: -1 }, /silenceGate.after/],
    [{ afterwards: 1 }, /afterwards/],
  ];
  for (const [silenceGate, message] of wrong) {
    const animate = async () => talker.animate(portrait, speech(1), { silenceGate: silenceGate as never });
    await fails(t, animate, 'INVALID_ARGUMENT', message);
  }
  const motion = await talker.animate(portrait, speech(1)).motion();
  const replay = async () => talker.animate(portrait, motion, { silenceGate: true });
  await fails(t, replay, 'INVALID_ARGUMENT', /false with a motion, which has no sound/);
});
