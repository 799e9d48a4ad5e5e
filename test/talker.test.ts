import { readFile } from 'node:fs/promises';
import { type AnimateOptions, type Portrait, readPack, Talker } from 'kdtalker';
import t from 'tap';
import { fails } from './support/media.js';
import { loadPicture } from './support/pictures.js';
import {
  framesOf,
  hashOf,
  loadBoth,
  loadTalker,
  portraitFile,
  SAMPLE_RATE,
  speech,
  speechWav,
} from './support/talker.js';

const PUPPET = (await readPack('puppet')).directory;

t.test('a talker says what it is', async (t) => {
  const talker = await loadTalker(t);
  t.equal(talker.device, 'cpu');
  t.match(talker.pack, { name: 'puppet', fps: 25, output: { width: 512, height: 512 } });
  const fromFolder = await loadTalker(t, { device: 'cpu', threads: 1 }, PUPPET);
  t.same(fromFolder.pack, talker.pack);
  t.same((await readPack('puppet')).manifest, talker.pack);
});

t.test('options of load are checked', async (t) => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [
      { device: 5 },
      /^Expected 'auto', 'cpu', 'cuda', 'cuda:N', 'tensorrt:N' or 'guarded' for device of .* but received 5 of type number/,
    ],
    [{ threads: 0 }, /^Expected an integer from 1 to 256 for threads of .* but received 0/],
    [{ threads: 1.5 }, /^Expected an integer from 1 to 256 for threads/],
    [{ threads: 'two' }, /received 'two' of type string/],
    [{ signal: {} }, /^Expected an AbortSignal for signal/],
    [{ thread: 2 }, /but received 'thread' .*Did you mean 'threads'/],
  ];
  for (const [options, message] of wrong) {
    await fails(t, () => Talker.load('puppet', options), 'INVALID_ARGUMENT', message);
  }
  await fails(t, () => Talker.load('puppet', null as never), 'INVALID_ARGUMENT', /^Expected an object/);
  await fails(t, () => Talker.load('no such pack'), 'PACK_NOT_FOUND', /puppet/);
  await fails(
    t,
    () => Talker.load('puppet', { device: 'gpu' }),
    'DEVICE_UNKNOWN',
    /'auto', 'cpu', 'cuda', 'cuda:N', 'tensorrt:N' or 'guarded'/,
  );
  await fails(
    t,
    () => Talker.load('puppet', { device: 'cuda' }),
    'DEVICE_UNAVAILABLE',
    /^Expected .*GPU|^Expected .*driver/,
  );
  await fails(t, () => Talker.load('puppet', { signal: AbortSignal.abort() }), 'ABORTED');
});

t.test('a picture is a path, bytes or pixels', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const inputs = {
    bytes: await readFile(portraitFile),
    pixels: { ...(await loadPicture(portraitFile)), channels: 3 as const },
  };
  const expected = await hashOf(talker.animate(portrait, speech(3)));
  for (const [name, input] of Object.entries(inputs)) {
    const same = await talker.portrait(input);
    t.same(same.crop, portrait.crop, `${name}: the same crop`);
    t.equal(await hashOf(talker.animate(same, speech(3))), expected, `${name}: the same frames`);
  }
});

t.test('speech is a path, bytes or samples', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const file = speechWav(t.testdir(), 3);
  // Samples as the file has them: 16 bits.
  const int16 = Int16Array.from(speech(3).samples, (value) => Math.round(value * 32767));
  const float = Float32Array.from(int16, (value) => value / 32768);
  const inputs = {
    path: file,
    bytes: await readFile(file),
    int16: { samples: int16, sampleRate: SAMPLE_RATE },
    float: { samples: float, sampleRate: SAMPLE_RATE },
  };
  const hashes = new Set<string>();
  for (const input of Object.values(inputs)) hashes.add(await hashOf(talker.animate(portrait, input)));
  t.equal(hashes.size, 1, 'all the same frames');
});

t.test('what animate() is given is checked', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const animate = (options: unknown) => async () =>
    talker.animate(portrait, speech(1), options as AnimateOptions);
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ seed: -1 }, /^Expected an integer from 0 to 2\^64 - 1 for seed .* but received -1/],
    [{ seed: 1.5 }, /for seed/],
    [{ seed: 2n ** 64n }, /for seed/],
    [{ steps: 0 }, /^Expected an integer from 1 to 1000 for steps .* but received 0/],
    [{ steps: 1001 }, /for steps/],
    [{ steps: Number.NaN }, /for steps/],
    [{ window: 32 }, /^Expected 64, the only window .* 'puppet' takes, for window but received 32/],
    [{ sampler: 'euler' }, /^Expected 'ddim' or 'ddpm' for sampler .* but received 'euler'/],
    [{ eta: 1.01 }, /^Expected a number from 0 to 1 for eta/],
    [{ mode: 'both' }, /^Expected 'absolute' or 'relative' for mode/],
    [{ still: 'yes' }, /^Expected true or false for still/],
    [{ poseScale: -0.1 }, /^Expected a number from 0 to 3 for poseScale/],
    [{ poseScale: Number.POSITIVE_INFINITY }, /for poseScale/],
    [{ poseOffset: { yaw: 31 } }, /^Expected a number from -30 to 30 for poseOffset.yaw/],
    [{ poseOffset: { tilt: 3 } }, /received 'tilt'/],
    [{ poseOffset: 3 }, /^Expected an object with yaw, pitch and roll for poseOffset/],
    [{ expressionScale: 3.5 }, /^Expected a number from 0 to 3 for expressionScale/],
    [{ smoothing: 101 }, /^Expected a number from 0 to 100 for smoothing/],
    [{ blink: 'often' }, /^Expected 'model', 'periodic' or 'off' for blink/],
    [{ signal: 'now' }, /^Expected an AbortSignal for signal/],
    [{ onProgress: {} }, /^Expected a function for onProgress/],
    [{ sede: 4 }, /for the options of animate\(\) but received 'sede'.*'seed'/],
  ];
  for (const [options, message] of wrong) await fails(t, animate(options), 'INVALID_ARGUMENT', message);
  await fails(t, animate(null), 'INVALID_ARGUMENT');
  await fails(
    t,
    async () => talker.animate('face.jpg' as unknown as Portrait, speech(1)),
    'INVALID_ARGUMENT',
    /^Expected a portrait of talker.portrait\(\) for portrait but received 'face.jpg'/,
  );
  await fails(t, () => framesOf(talker.animate(portrait, 7 as never)), 'INVALID_ARGUMENT', /for speech/);
});

t.test('a portrait belongs to one talker', async (t) => {
  const { portrait } = await loadBoth(t, { device: 'guarded' });
  const other = await loadTalker(t);
  await fails(t, async () => other.animate(portrait, speech(1)), 'INVALID_ARGUMENT', /loadPortrait/);
});

t.test('counters begin with the pack', async (t) => {
  const talker = await loadTalker(t);
  const { pack, ...others } = talker.counters();
  t.equal(pack.uploads, 4);
  t.equal(pack.uploadBytes, 4 * 2 * (70 + 63), 'means and standard deviations of motion and keypoints');
  for (const [name, count] of Object.entries(others)) {
    t.same(count, { uploads: 0, uploadBytes: 0, downloads: 0, downloadBytes: 0 }, `${name}: none yet`);
  }
});
