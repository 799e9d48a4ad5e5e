import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Talker, type TraceTensor } from 'kdtalker';
import sharp from 'sharp';
import t from 'tap';
import { synthesizePack } from '../dist/packs/kdtalker/synthesize.js';
import { readSafetensors } from '../dist/packs/safetensors.js';
import { run } from './support/cli.js';
import { findGoldenFile, golden, goldenFile } from './support/golden.js';
import { every, GOLDEN_SALT, near, temporaryFolder } from './support/networks.js';
import { framesOf, loadBoth, loadTalker, portraitFile, speech, speechWav } from './support/talker.js';

/** More than a window. */
const FRAMES = 66;

const shapesOf = (tensors: Readonly<Record<string, { dims: number[] }>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { dims }]) => [name, dims]));

/** One scalar, or several, of each frame of motion. */
const columns = (motion: Float32Array, first: number, size: number) =>
  motion.filter((_, i) => i % 70 >= first && i % 70 < first + size);

t.test('the puppet: every stage under its name, as the clip made it', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clip = talker.animate(portrait, speech(FRAMES), { seed: 5, frame: 'crop' });
  const { tensors } = await talker.trace(portraitFile, speech(FRAMES), { seed: 5, frames: [0, 65] });

  t.same(shapesOf(tensors), {
    mel: [80, 1 + Math.floor((FRAMES * 640) / 200)],
    noise: [2, 64, 70],
    feature: [1, 3, 512, 512],
    ...{ pitch_deg: [1, 1], yaw_deg: [1, 1], roll_deg: [1, 1], rotation: [1, 3, 3], x_s: [1, 21, 3] },
    ...{ canonical: [1, 70], ref_frame: [1, 70] },
    ...{ features: [FRAMES, 512], motion_normalised: [FRAMES, 70] },
    ...{ denorm_scale: [FRAMES, 1], denorm_yaw: [FRAMES, 1], denorm_pitch: [FRAMES, 1] },
    ...{ denorm_roll: [FRAMES, 1], denorm_t: [FRAMES, 3], denorm_exp: [FRAMES, 63] },
    ...{ smooth_yaw: [FRAMES, 1], smooth_pitch: [FRAMES, 1], smooth_roll: [FRAMES, 1] },
    ...{ smooth_t: [FRAMES, 3], smooth_exp: [FRAMES, 63] },
    ...{ x_d: [FRAMES, 21, 3], x_d_relative: [FRAMES, 21, 3] },
    ...{ image_0: [1, 3, 512, 512], image_65: [1, 3, 512, 512] },
  });
  for (const [name, { dims, data }] of Object.entries(tensors)) {
    t.equal(
      data.length,
      dims.reduce((product, size) => product * size, 1),
      name,
    );
    t.ok(data.every(Number.isFinite), `${name} is finite`);
  }

  const parts = { scale: [0, 1], yaw: [1, 1], pitch: [2, 1], roll: [3, 1], t: [4, 3], exp: [7, 63] } as const;
  const [{ values: smooth }, { values: raw }] = [await clip.motion(), await clip.rawMotion()];
  for (const [part, [first, size]] of Object.entries(parts)) {
    t.same(tensors[`denorm_${part}`]!.data, columns(raw, first, size), `denorm_${part}`);
    if (part !== 'scale')
      t.same(tensors[`smooth_${part}`]!.data, columns(smooth, first, size), `smooth_${part}`);
  }

  const frames = await framesOf(clip);
  for (const index of [0, 65]) {
    const { data } = tensors[`image_${index}`]!;
    const pixels = frames[index]!.data;
    const differ = pixels.filter(
      (level, i) => level !== Math.trunc(255 * data[(i % 3) * 262144 + Math.floor(i / 3)]!),
    );
    t.equal(differ.length, 0, `frame ${index}: the pixels of the clip`);
  }
});

t.test('the spectrogram is that of the reference, low bands first', async (t) => {
  const talker = await loadTalker(t);
  const { samples, mel } = golden('audio.safetensors');
  const { tensors } = await talker.trace(
    portraitFile,
    { samples: samples!.data, sampleRate: 16000 },
    { steps: 1 },
  );
  t.same(tensors.mel!.dims, mel!.dims);
  near(t, tensors.mel!.data, mel!.data, 1e-4, 'mel');
  t.equal(tensors.features!.dims[0], 211);
  const [yaw, roll] = ['yaw', 'roll'].map((name) => (tensors[`${name}_deg`]!.data[0]! * Math.PI) / 180) as [
    number,
    number,
  ];
  const row = [Math.cos(roll) * Math.cos(yaw), Math.sin(roll) * Math.cos(yaw), -Math.sin(yaw)];
  near(t, tensors.rotation!.data.slice(0, 3), row, 1e-6, 'first row of R');
});

t.test('relative keypoints start from the portrait', async (t) => {
  const talker = await loadTalker(t);
  const { tensors } = await talker.trace(portraitFile, speech(2));
  near(t, tensors.x_d_relative!.data.slice(0, 63), tensors.x_s!.data, 1e-5, 'frame 0 is x_s');
  t.not(tensors.x_d!.data[0], tensors.x_s!.data[0], 'and absolute ones from the prediction');
});

t.test('noise: the same as the seed makes, and any other', async (t) => {
  const talker = await loadTalker(t);
  const first = (await talker.trace(portraitFile, speech(FRAMES), { seed: 3 })).tensors;
  const noise = first.noise!;
  const again = (await talker.trace(portraitFile, speech(FRAMES), { seed: 4, noise })).tensors;
  t.same(again.motion_normalised!.data, first.motion_normalised!.data);

  const turned = { dims: noise.dims, data: noise.data.map((value, i) => (i < 64 * 70 ? value : -value)) };
  const other = (await talker.trace(portraitFile, speech(FRAMES), { noise: turned })).tensors
    .motion_normalised!;
  t.same(
    other.data.slice(0, 64 * 70),
    first.motion_normalised!.data.slice(0, 64 * 70),
    'window 0 has its own',
  );
  t.notSame(other.data.slice(64 * 70), first.motion_normalised!.data.slice(64 * 70));

  const uploads = talker.counters().trace;
  t.same([uploads.uploads, uploads.uploadBytes], [2, 2 * noise.data.byteLength], 'uploaded once each time');
});

t.test('where the host may not touch memory it is the same', async (t) => {
  const traces = ['cpu', 'guarded'].map(async (device) => {
    const talker = await loadTalker(t, { device });
    return (await talker.trace(portraitFile, speech(2), { frames: [1] })).tensors;
  });
  const [cpu, guarded] = await Promise.all(traces);
  t.same(shapesOf(guarded!), shapesOf(cpu!));
  for (const name of Object.keys(cpu!))
    t.ok(Buffer.from(guarded![name]!.data.buffer).equals(Buffer.from(cpu![name]!.data.buffer)), name);
});

t.test('what is wrong is said', async (t) => {
  const talker = await loadTalker(t);
  const trace = (options: object) => talker.trace(portraitFile, speech(2), options);
  const noise = (dims: number[], count: number): { noise: TraceTensor } => ({
    noise: { dims, data: new Float32Array(count) },
  });
  const wrong: [object, RegExp][] = [
    [{ frames: [2] }, /0 to 1, what this speech gives, for frames but received 2/],
    [{ frames: [-1] }, /frames/],
    [{ frames: Array.from({ length: 65 }, (_, i) => i) }, /at most 64 frames/],
    [noise([1, 64, 69], 64 * 69), /\[windows, 64, 70\] for the shape of noise/],
    [noise([1, 64, 70], 64), /the shape of noise/],
    [
      { noise: { dims: [1, 64, 70], data: new Float32Array(64 * 70).fill(Number.NaN) } },
      /finite numbers for noise/,
    ],
    [{ noise: [1] }, /noise/],
    [{ seed: -1 }, /seed/],
    [{ nonsense: 1 }, /nonsense/],
    [{ portrait: { crop: 'square' } }, /crop/],
  ];
  for (const [options, message] of wrong)
    await t.rejects(trace(options), { code: 'INVALID_ARGUMENT', message });
  const short = talker.trace(portraitFile, speech(FRAMES), noise([1, 64, 70], 64 * 70));
  await t.rejects(short, { code: 'INVALID_ARGUMENT', message: /2 windows or more for this speech/ });
  const stop = new AbortController();
  const stopped = talker.trace(portraitFile, speech(FRAMES), {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await t.rejects(stopped, { code: 'ABORTED' });
});

t.test('the command writes the same to a file', async (t) => {
  const cwd = t.testdir();
  speechWav(cwd, 3);
  const talker = await loadTalker(t);
  const given = ['--portrait', portraitFile, '--speech', 'speech-3.wav', '--crop', 'none'];
  const whole = await run(['trace', ...given, '--seed', '2', '--frames', '0,2', '--out', 'a.safetensors'], {
    cwd,
  });
  t.equal(whole.code, 0, whole.stderr);
  const { tensors } = readSafetensors(readFileSync(join(cwd, 'a.safetensors')));
  const options = { seed: 2, frames: [0, 2], portrait: { crop: 'none' as const } };
  const expected = (await talker.trace(portraitFile, join(cwd, 'speech-3.wav'), options)).tensors;
  t.same(Object.keys(tensors).sort(), Object.keys(expected).sort());
  for (const name of Object.keys(expected)) t.same(tensors[name]!.dims, expected[name]!.dims, name);
  t.same(tensors.x_d!.data, expected.x_d!.data);

  const again = await run(['trace', ...given, '--noise', 'a.safetensors', '--out', 'b.safetensors'], { cwd });
  t.equal(again.code, 0, again.stderr);
  t.same(readSafetensors(readFileSync(join(cwd, 'b.safetensors'))).tensors.x_d!.data, expected.x_d!.data);

  for (const [words, code] of [
    [['trace', ...given], 2],
    [['trace', ...given, '--out', 'c', '--noise', 'speech-3.wav'], 2],
    [['trace', ...given, '--out', 'c', '--frames', '1,x'], 2],
    [['trace', ...given, '--out', './speech-3.wav'], 2],
    [['trace', ...given, '--out', 'nowhere/c'], 1],
  ] as const)
    t.equal((await run(words, { cwd })).code, code, String(words.at(-1)));
});

function reasonToSkip(): string | false {
  if (!process.env.KDTALKER_LONG) return 'minutes of work: set KDTALKER_LONG=1';
  return findGoldenFile('render.safetensors') ? false : 'render.safetensors is not here';
}

/** Decibels between an image of 0..1 and an 8-bit frame; what is drawn is cut off, not rounded. */
async function signalToNoise(image: Float32Array, file: string): Promise<number> {
  const frame = await sharp(file).removeAlpha().raw().toBuffer();
  const plane = frame.length / 3;
  const level = (i: number) => Math.trunc(255 * image[(i % 3) * plane + Math.floor(i / 3)]!);
  const squares = frame.reduce((sum, value, i) => sum + (level(i) - value) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (squares / frame.length));
}

/** The folder of a full pack of the golden salt: KDTALKER_GOLDEN_PACK, or made here. */
async function goldenPack(t: Parameters<typeof temporaryFolder>[0]): Promise<string> {
  if (process.env.KDTALKER_GOLDEN_PACK) return process.env.KDTALKER_GOLDEN_PACK;
  const directory = join(temporaryFolder(t), 'pack');
  await synthesizePack({ salt: GOLDEN_SALT, directory, fingerprint: false });
  return directory;
}

t.test(
  'the full pack follows the reference from end to end',
  { skip: reasonToSkip(), timeout: 900_000 },
  async (t) => {
    const [audio, portrait, driver, networks, render] = [
      'audio',
      'portrait',
      'driver',
      'networks',
      'render',
    ].map((name) => golden(`${name}.safetensors`));
    const talker = await Talker.load(await goldenPack(t));
    t.teardown(() => talker.close());
    const { samples } = audio!;
    const speech = { samples: samples!.data, sampleRate: 16000 };
    const options = { noise: driver!.noise!, frames: [0], portrait: { crop: 'none' as const } };
    const { tensors } = await talker.trace(goldenFile('portrait_256.png'), speech, options);
    const compare = (
      expected: Readonly<Record<string, TraceTensor>>,
      names: readonly string[],
      tolerance: number,
    ) => {
      for (const name of names) {
        t.same(tensors[name]!.dims, expected[name]!.dims, `${name}: shape`);
        near(t, tensors[name]!.data, expected[name]!.data, tolerance, name);
      }
    };
    compare(audio!, ['mel'], 1e-4);
    const features = tensors.features!.data.filter((_, i) => Math.floor(i / 512) % 4 === 0);
    near(t, features, networks!.features_every_4th!.data, 1e-4, 'features');
    compare(portrait!, ['raw_kp', 'raw_pitch', 'raw_yaw', 'raw_roll', 'raw_t', 'raw_exp', 'raw_scale'], 1e-4);
    compare(portrait!, ['pitch_deg', 'yaw_deg', 'roll_deg', 'rotation', 'x_s'], 1e-4);
    near(t, every(91, tensors.feature!.data), networks!.feature_volume_every_91st!.data, 1e-4, 'feature');
    t.same(tensors.noise!.data, driver!.noise!.data);
    compare(driver!, ['canonical', 'ref_frame', 'motion_normalised', 'x_d', 'x_d_relative'], 1e-3);
    compare(
      driver!,
      ['scale', 'yaw', 'pitch', 'roll', 't', 'exp'].map((part) => `denorm_${part}`),
      1e-3,
    );
    compare(
      driver!,
      ['yaw', 'pitch', 'roll', 't', 'exp'].map((part) => `smooth_${part}`),
      1e-3,
    );
    for (const [name, step] of [
      ['deformation', 5],
      ['warped', 17],
      ['image', 11],
    ] as const)
      near(
        t,
        every(step, tensors[`${name}_0`]!.data),
        render![`${name}_0_every_${step}th`]!.data,
        1e-3,
        name,
      );
    compare(render!, ['occlusion_0'], 1e-3);
    const decibels = await signalToNoise(tensors.image_0!.data, goldenFile('frame_0.png'));
    t.ok(decibels >= 60, `frame 0: PSNR ${decibels.toFixed(1)} dB, wanted 60`);
  },
);
