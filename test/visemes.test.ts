import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { native } from '../dist/binding.js';
import { puppetPack } from '../dist/packs/puppet/pack.js';
import { CLASSES, CURVES } from '../dist/packs/visemes.js';
import { run } from './support/cli.js';
import { close } from './support/close.js';
import { loadDraft } from './support/keypoints.js';
import { loadTalker, portraitFile, SAMPLE_RATE, speech } from './support/talker.js';

const CLIP = fileURLToPath(new URL('golden/visemes.wav', import.meta.url));

t.test('visemes are the channels of the audio features that the clips use', async (t) => {
  const talker = await loadTalker(t);
  const pcm = speech(130);
  const visemes = await talker.visemes(pcm);
  t.equal(visemes.fps, 25);
  t.equal(visemes.frames, 130, 'more than two windows, the last not whole');
  const { features } = (await talker.trace(portraitFile, pcm)).tensors;
  const { curves, classes } = talker.pack.visemes!;
  const rows = (first: number, count: number) =>
    Array.from(
      { length: 130 * count },
      (_, i) => features!.data[512 * Math.floor(i / count) + first + (i % count)]!,
    );
  close(t, visemes.curves, rows(curves, CURVES.length), 0, 'curves');
  close(t, visemes.chances, rows(classes, CLASSES.length), 0, 'chances');
});

t.test('a frame names its numbers', async (t) => {
  const talker = await loadTalker(t);
  const visemes = await talker.visemes(CLIP);
  const { time, viseme, chances, curves } = visemes.frame(49); // the closure of "baba", 2 s into the clip
  t.equal(time, 49 / 25);
  t.equal(viseme, 'PP');
  t.same(Object.keys(chances), CLASSES);
  t.same(Object.keys(curves), CURVES);
  t.ok(Math.abs(Object.values(chances).reduce((a, b) => a + b) - 1) < 1e-4, 'chances sum to 1');
  t.ok(curves.press > 0.5, `the lips are pressed: ${curves.press}`);
  for (let i = 0; i < visemes.frames; i++)
    t.ok(
      Object.values(visemes.frame(i).curves).every((value) => value >= 0 && value <= 1),
      `frame ${i}`,
    );
  for (const index of [-1, visemes.frames, 0.5])
    t.throws(() => visemes.frame(index), { code: 'INVALID_ARGUMENT', message: /an integer from 0 to/ });
});

t.test('the network hears the speech once', async (t) => {
  const talker = await loadTalker(t);
  const before = talker.counters().motion.downloads;
  await talker.visemes(speech(130));
  t.equal(talker.counters().motion.downloads - before, 3, 'windows');
});

t.test('no window is heard after the caller stops, or closes the talker', async (t) => {
  const binding = native();
  const { readFeatures } = binding;
  t.teardown(() => Object.assign(binding, { readFeatures }));
  const aborted = async () => {
    const stop = new AbortController();
    return { talker: await loadTalker(t), signal: stop.signal, end: () => stop.abort() };
  };
  const closed = async () => {
    const talker = await loadTalker(t);
    return { talker, signal: undefined, end: () => void talker.close() };
  };
  for (const [name, prepare] of Object.entries({ aborted, closed })) {
    const { talker, signal, end } = await prepare();
    let read: Promise<unknown> = Promise.resolve();
    binding.readFeatures = (...args) => {
      end();
      const reading = readFeatures(...args);
      read = reading;
      return reading;
    };
    await t.rejects(talker.visemes(speech(130), { signal }), { code: 'ABORTED' }, name);
    await t.rejects(read, { code: 'ABORTED' }, `${name}: the engine ended too`);
  }
});

t.test('what cannot be heard is an error, and nothing is left', async (t) => {
  const talker = await loadTalker(t);
  const before = talker.deviceBytes();
  await t.rejects(talker.visemes('/nowhere.wav'), { code: 'FILE_NOT_FOUND' });
  await t.rejects(talker.visemes({ samples: new Float32Array(100), sampleRate: SAMPLE_RATE }), {
    code: 'SPEECH_TOO_SHORT',
  });
  await t.rejects(talker.visemes(speech(4), { soundTrack: -1 }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(talker.visemes(speech(4), { seed: 1 } as object), {
    code: 'INVALID_ARGUMENT',
    message: /seed/,
  });
  t.equal(talker.deviceBytes(), before);
  await talker.close();
  await t.rejects(talker.visemes(speech(4)), { code: 'CLOSED' });
});

t.test('a pack that hears no visemes says so', async (t) => {
  const { visemes: _none, ...deaf } = puppetPack();
  const talker = await loadDraft(t, { ...deaf, name: 'deaf' });
  await t.rejects(talker.visemes(speech(4)), { code: 'INVALID_ARGUMENT', message: /hears visemes/ });
});

t.test('the command writes them', async (t) => {
  const folder = t.testdir();
  const out = join(folder, 'visemes.json');
  const ended = await run(['visemes', '--speech', CLIP, '--out', out, '--json']);
  t.match(ended, { code: 0 });
  const file = JSON.parse(readFileSync(out, 'utf8'));
  t.match(file, { format: 'kdtalker-visemes', version: 1, fps: 25 });
  const talker = await loadTalker(t);
  const visemes = await talker.visemes(CLIP);
  t.equal(file.frames.length, visemes.frames);
  t.equal(file.frames[49].viseme, 'PP');
  t.match(await run(['visemes', '--speech', CLIP, '--out', out, '--no-overwrite']), {
    code: 1,
    stderr: /OUTPUT_UNWRITABLE/,
  });
  t.match(await run(['visemes', '--speech', CLIP]), { code: 2, stderr: /Expected --out FILE/ });
  t.match(await run(['visemes', '--speech', CLIP, '--out', '-']), { code: 2, stderr: /the name of a file/ });
});
