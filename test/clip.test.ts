import { readdirSync, statSync } from 'node:fs';
import { type AnimateOptions, type Clip, Motion, type Progress } from 'kdtalker';
import t from 'tap';
import { fails } from './support/media.js';
import { framesOf, hashOf, loadBoth, SAMPLES_PER_FRAME, speech } from './support/talker.js';

const FRAMES = 4;

t.test('frames are numbered, timed and as many as the samples give', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  for (const extra of [0, 1, SAMPLES_PER_FRAME - 1]) {
    const { samples, sampleRate } = speech(FRAMES + 1);
    const cut = { samples: samples.subarray(0, FRAMES * SAMPLES_PER_FRAME + extra), sampleRate };
    const frames = await framesOf(talker.animate(portrait, cut));
    t.equal(frames.length, FRAMES, `${extra} samples more than ${FRAMES} frames`);
    t.same(
      frames.map(({ index, time, width, height, data }) => [index, time, width, height, data.length]),
      Array.from({ length: FRAMES }, (_, i) => [i, i / 25, 512, 512, 512 * 512 * 3]),
    );
    t.equal(new Set(frames.map(({ data }) => data.buffer)).size, FRAMES, 'every frame has memory of its own');
  }
});

t.test('other sample rates give as many frames', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  for (const sampleRate of [8000, 22050, 48000]) {
    const samples = new Float32Array(Math.round((sampleRate * FRAMES) / 25));
    t.equal(
      (await talker.animate(portrait, { samples, sampleRate }).motion()).frames,
      FRAMES,
      `${sampleRate} Hz`,
    );
  }
});

// BT.709, limited range, as docs/model.md and the encoder have it.
function rgbOf(luma: number, u: number, v: number): number[] {
  const [y, b, r] = [(luma - 16) / 219, (u - 128) / 224, (v - 128) / 224];
  return [y + 1.5748 * r, y - 0.18733 * b - 0.46813 * r, y + 1.8556 * b].map((value) =>
    Math.min(255, Math.max(0, 255 * value)),
  );
}

t.test('yuv420p shows the same picture as rgb24', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(2));
  const [rgb, yuv] = [await framesOf(clip), await framesOf(clip, { format: 'yuv420p' })];
  const [, { data: colours }] = rgb as [unknown, { data: Uint8Array }];
  const [, { data: planes }] = yuv as [unknown, { data: Uint8Array }];
  t.equal(planes.length, 512 * 512 * 1.5);
  let sum = 0;
  for (let y = 0; y < 512; y++) {
    for (let x = 0; x < 512; x++) {
      const chroma = 512 * 512 + 256 * (y >> 1) + (x >> 1);
      const found = rgbOf(planes[512 * y + x]!, planes[chroma]!, planes[chroma + 256 * 256]!);
      for (let c = 0; c < 3; c++) sum += Math.abs(found[c]! - colours[3 * (512 * y + x) + c]!);
    }
  }
  const mean = sum / (3 * 512 * 512);
  t.ok(mean < 2, `mean difference ${mean.toFixed(2)} of 255, from halved chroma`);
  await fails(
    t,
    () => framesOf(clip, { format: 'bgr24' as never }),
    'INVALID_ARGUMENT',
    /'rgb24', 'rgba', 'yuv420p', 'yuva420p', 'nv12' or 'rgbf32'/,
  );
});

t.test('a clip may be iterated again, and stopped early', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(FRAMES), { seed: 3 });
  const expected = await hashOf(clip);
  for await (const { index } of clip) if (index === 1) break;
  await t.rejects(async () => {
    for await (const { index } of clip) if (index === 2) throw new Error('mine');
  }, /mine/);
  t.equal(await hashOf(clip), expected);
});

t.test('clips at once do not disturb each other', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const clips = Array.from({ length: 20 }, (_, seed) =>
    talker.animate(portrait, speech(FRAMES), { seed: seed % 4 }),
  );
  const hashes = await Promise.all(clips.map((clip) => hashOf(clip)));
  for (const seed of [0, 1, 2, 3]) {
    const alone = await hashOf(talker.animate(portrait, speech(FRAMES), { seed }));
    for (let i = seed; i < 20; i += 4) t.equal(hashes[i], alone, `clip ${i}`);
  }
  const one = clips[0] as Clip;
  const twice = await Promise.all([hashOf(one), hashOf(one), one.motion()]);
  t.same(twice.slice(0, 2), [hashes[0], hashes[0]], 'one clip iterated twice at once');
});

t.test('a portrait may be closed while its clips run', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(FRAMES));
  const frames = clip.frames();
  await frames.next();
  await portrait.close();
  let rest = 1;
  for await (const _ of frames) rest++;
  t.equal(rest, FRAMES);
  await fails(t, () => framesOf(clip), 'CLOSED', /portrait/);
});

t.test('every option shows in the frames', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  // 80 frames: two windows, so that blinks and drift have time to show.
  const motionOf = async (options: AnimateOptions) => {
    const { values } = await talker.animate(portrait, speech(80), options).motion();
    return Buffer.from(values.buffer).toString('base64');
  };
  const variants: AnimateOptions[] = [
    {},
    { seed: 1 },
    { seed: 2n ** 64n - 1n },
    { steps: 1 },
    { steps: 5 },
    { steps: 10 },
    { steps: 20 },
    { steps: 100 },
    { eta: 0.5 },
    { sampler: 'ddpm' },
    { still: true },
    { poseScale: 0.5 },
    { poseOffset: { yaw: 4 } },
    { poseOffset: { pitch: 4 } },
    { poseOffset: { roll: 4 } },
    { expressionScale: 0.5 },
    { smoothing: 0 },
    { smoothing: 50 },
    { blink: 'off' },
    { blink: 'periodic' },
  ];
  const seen = new Map<string, AnimateOptions>();
  for (const options of variants) {
    const motion = await motionOf(options);
    t.notOk(
      seen.has(motion),
      JSON.stringify(options, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    );
    seen.set(motion, options);
    t.equal(await motionOf(options), motion, 'twice the same');
  }
  const [absolute, relative] = [{}, { mode: 'relative' as const }].map((options) =>
    hashOf(talker.animate(portrait, speech(FRAMES), options)),
  );
  t.not(await absolute, await relative, 'mode');
});

t.test('options do what they say', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const motionOf = (options: AnimateOptions) => talker.animate(portrait, speech(80), options).motion();
  const plain = await motionOf({});
  const still = await motionOf({ still: true });
  const poses = Array.from({ length: still.frames }, (_, i) => still.frame(i)).flatMap(
    ({ yaw, pitch, roll, translation }) => [yaw, pitch, roll, ...translation],
  );
  t.ok(
    poses.every((value) => value === 0),
    'still keeps the portrait’s own pose, which is 0 with the puppet',
  );
  const turned = await motionOf({ poseOffset: { yaw: 4, pitch: -3, roll: 2 } });
  const half = await motionOf({ poseScale: 0.5 });
  const mute = await motionOf({ expressionScale: 0 });
  for (const i of [0, 20, 79]) {
    const [a, b, c] = [plain.frame(i), turned.frame(i), half.frame(i)];
    t.match(
      [b.yaw - a.yaw, b.pitch - a.pitch, b.roll - a.roll].map((v) => v.toFixed(3)),
      ['4.000', '-3.000', '2.000'],
    );
    t.ok(Math.abs(c.yaw - a.yaw / 2) < 1e-5, 'half the yaw');
    t.ok(
      mute.frame(i).expression.every((value) => Math.abs(value) < 1e-7),
      'no expression',
    );
  }
  const step = ({ values, frames }: Motion) =>
    Array.from({ length: frames - 1 }, (_, i) =>
      Math.abs(values[70 * (i + 1) + 68]! - values[70 * i + 68]!),
    ).reduce((a, b) => a + b);
  t.ok(step(await motionOf({ smoothing: 100 })) < 0.8 * step(plain), 'smoothing makes the lip slower');
});

t.test('progress goes through the stages in order', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const events: Progress[] = [];
  const clip = talker.animate(portrait, speech(70), { onProgress: (progress) => events.push(progress) });
  await clip.save(`${t.testdir()}/talk.mp4`);
  const stages = [...new Set(events.map(({ stage }) => stage))];
  t.same(stages, ['audio', 'sample', 'render', 'encode']);
  const of = (stage: string) => events.filter((event) => event.stage === stage);
  for (const stage of stages) {
    const done = of(stage).map((event) => event.done);
    t.same(
      done,
      [...done].sort((a, b) => a - b),
      `${stage} never goes back`,
    );
    t.equal(done.at(-1), of(stage).at(-1)!.total, `${stage} gets there`);
  }
  t.equal(of('audio').at(-1)!.done, 2.8, 'seconds of sound');
  t.same(
    of('render').map(({ done }) => done),
    Array.from({ length: 70 }, (_, i) => i + 1),
  );
  t.equal(of('sample').at(-1)!.done, 70);
  t.ok(of('encode').every(({ fps }) => fps > 0) && of('audio').every(({ fps }) => fps === 0));
});

t.test('progress of motion, of several listeners, and of one that throws', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const seen: string[] = [];
  const clip = talker.animate(portrait, speech(FRAMES), {
    onProgress: () => {
      throw new Error('a bad listener');
    },
  });
  clip.on('progress', ({ stage }) => seen.push(stage));
  t.equal((await clip.motion()).frames, FRAMES);
  t.equal((await framesOf(clip)).length, FRAMES, 'a listener that throws harms nobody');
  const good = talker.animate(portrait, speech(FRAMES));
  good.on('progress', ({ stage, done, total }) => seen.push(`${stage} ${done}/${total}`));
  await good.motion();
  t.equal(seen.at(-1), `sample ${FRAMES}/${FRAMES}`);
});

t.test('no progress is told after an iteration was left', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(FRAMES));
  const events: Progress[] = [];
  for await (const { index } of clip) {
    if (index === 0) clip.on('progress', (progress) => events.push(progress));
    if (index === 1) break;
  }
  const count = events.length;
  await talker.animate(portrait, speech(1)).motion();
  t.equal(events.length, count);
});

t.test('a signal ends a clip wherever it is', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const source = { speech: speech(FRAMES), motion: await talker.animate(portrait, speech(FRAMES)).motion() };
  for (const [name, input] of Object.entries(source)) {
    const before = talker.animate(portrait, input, { signal: AbortSignal.abort('early') });
    const error = await fails(t, () => framesOf(before), 'ABORTED');
    t.equal(error?.cause, 'early', `${name}: the reason is the cause`);
    await fails(t, () => before.motion(), 'ABORTED');
    await fails(t, () => before.save(`${t.testdirName}/x.mp4`), 'ABORTED');
    for (const at of [0, 2, FRAMES - 1]) {
      const controller = new AbortController();
      let last = -1;
      const run = async () => {
        for await (const { index } of talker.animate(portrait, input, { signal: controller.signal })) {
          last = index;
          if (index === at) controller.abort();
        }
      };
      await fails(t, run, 'ABORTED');
      t.equal(last, at, `${name}: no frame after the abort in frame ${at}`);
    }
  }
  const late = new AbortController();
  const clip = talker.animate(portrait, speech(FRAMES), { signal: late.signal });
  t.equal((await framesOf(clip)).length, FRAMES);
  late.abort();
  await fails(t, () => framesOf(clip), 'ABORTED');
});

t.test('a motion replays to the same bytes', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  for (const options of [
    {},
    { poseOffset: { yaw: 5 }, blink: 'periodic' as const },
    { smoothing: 0 },
    { still: true },
  ]) {
    const clip = talker.animate(portrait, speech(70), { seed: 9, ...options });
    const motion = await clip.motion();
    t.equal(motion.frames, 70);
    const [frames, replayed] = [clip.frames(), talker.animate(portrait, motion).frames()];
    for (let i = 0; i < FRAMES; i++) {
      const [a, b] = [(await frames.next()).value, (await replayed.next()).value];
      t.ok(Buffer.from(a!.data).equals(b!.data), `${JSON.stringify(options)}, frame ${i}`);
    }
    await Promise.all([frames.return(), replayed.return()]);
  }
  const relative = talker.animate(portrait, speech(FRAMES), { mode: 'relative' });
  const again = talker.animate(portrait, await relative.motion(), { mode: 'relative' });
  t.equal(await hashOf(again), await hashOf(relative), 'relative');
  t.equal((await again.motion()) instanceof Motion, true, 'the motion of a replay is a motion');
});

t.test('the iterator protocol, used in odd ways', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = () => talker.animate(portrait, speech(FRAMES)).frames();
  const frames = clip();
  const asked = [frames.next(), frames.next(), frames.return(), frames.next()];
  const answers = (await Promise.all(asked)).map(({ value, done }) => (done ? 'done' : value!.index));
  t.same(answers, [0, 1, 'done', 'done'], 'many calls without waiting');
  await clip().return();
  const thrown = clip();
  await thrown.next();
  await t.rejects(thrown.throw(new Error('mine')), /mine/);
  t.same(await thrown.next(), { value: undefined, done: true });
});

t.test('a frame’s memory may be taken away', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  let last = -1;
  for await (const { index, data } of talker.animate(portrait, speech(FRAMES))) {
    structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
    last = index;
  }
  t.equal(last, FRAMES - 1);
});

t.test('a clip may be closed by its own reader and listeners', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const folder = t.testdir();
  const read = async () => {
    const clip = talker.animate(portrait, speech(FRAMES));
    for await (const { index } of clip) if (index === 1) await clip.close();
  };
  await fails(t, read, 'ABORTED');
  const clip: Clip = talker.animate(portrait, speech(FRAMES), { onProgress: () => void clip.close() });
  await fails(t, () => clip.save(`${folder}/talk.mp4`), 'ABORTED');
  await clip.close();
  t.same(readdirSync(folder), []);
});

t.test('two saves to one file at once leave one whole file', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const folder = t.testdir();
  const save = () => talker.animate(portrait, speech(FRAMES)).save(`${folder}/talk.mp4`);
  const [one, two] = await Promise.all([save(), save()]);
  t.equal(one.bytes, two.bytes);
  t.same(readdirSync(folder), ['talk.mp4']);
  t.equal(statSync(`${folder}/talk.mp4`).size, one.bytes);
  const motion = await talker.animate(portrait, speech(FRAMES)).motion();
  await Promise.all([motion.save(`${folder}/m.json`), motion.save(`${folder}/m.json`)]);
  t.same((await Motion.load(`${folder}/m.json`)).values, motion.values);
});

t.test('what save() tells is true', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const folder = t.testdir();
  for (const name of ['talk.mp4', 'talk.webm', 'talk.gif', 'frames/']) {
    const result = await talker.animate(portrait, speech(FRAMES)).save(`${folder}/${name}`);
    t.match(result, { file: `${folder}/${name}`, frames: FRAMES, seconds: FRAMES / 25 });
    const files = name.endsWith('/')
      ? readdirSync(result.file).map((file) => result.file + file)
      : [result.file];
    t.equal(
      files.reduce((sum, file) => sum + statSync(file).size, 0),
      result.bytes,
      `${name}: bytes`,
    );
    t.ok(result.fps > 0 && result.firstFrameSeconds > 0 && result.firstFrameSeconds <= result.elapsedSeconds);
  }
});
