import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { expectedWeights } from '../dist/packs/kdtalker/networks.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { rangeOf } from '../dist/packs/weights/ranges.js';
import type { CheckpointNetwork } from '../dist/packs/weights/weights.js';
import { golden, goldenFile } from './support/golden.js';
import { type HostTensor, numbers } from './support/graphs.js';
import {
  every,
  GOLDEN_SALT,
  goldenPicture,
  near,
  openNetwork,
  relativeDifference,
} from './support/networks.js';

interface CheckpointEntry {
  key: string;
  shape: number[];
  center?: number | number[];
  scale?: number | number[];
}

const checkpoints = JSON.parse(readFileSync(goldenFile('checkpoints.json'), 'utf8')) as {
  networks: Record<CheckpointNetwork, CheckpointEntry[]>;
};
const entries = Object.entries(checkpoints.networks) as [CheckpointNetwork, CheckpointEntry[]][];
const cases = golden('networks.safetensors');

t.test('the graphs take the tensors of the released checkpoints, in their shapes', async (t) => {
  const expected = expectedWeights();
  // What the published networks never read at inference.
  const unused = /num_batches_tracked$|freq_bands$|rotary_emb\.freqs$|block2\.norm\.(gamma|beta)$/;
  for (const [network, list] of entries) {
    const wanted = expected[network].map(({ key, dims }) => `${key} ${dims}`).sort();
    const there = list.filter(({ key }) => !unused.test(key)).map(({ key, shape }) => `${key} ${shape}`);
    t.same(wanted, there.sort(), network);
  }
});

t.test('formula weights have the ranges of the golden cases', async (t) => {
  for (const [network, list] of entries) {
    const made = list.filter(({ scale }) => scale !== undefined);
    const ranges = made.map(({ key, shape }) => ({ key, ...rangeOf(network, key, shape) }));
    t.same(
      ranges,
      made.map(({ key, center, scale }) => ({ key, centre: center, scale })),
      network,
    );
  }
});

t.test('formula weights are right to the last bit', async (t) => {
  const hash = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    createHash('sha256')
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest('hex');
  // Hashes of the same formula computed with another program.
  const third = formulaWeights('salz ü').warping_module.floats('third.conv.weight', [256, 512, 3, 3]);
  t.equal(hash(third), '5cf1dedb1d3b0c889ba4ab64b19c8797e757e6292e4479f26583197a95b85b8d');
  const rows = formulaWeights(GOLDEN_SALT).motion_extractor.floats('detector.fc_exp.weight', [63, 768]);
  t.equal(
    hash(rows),
    'c9cd7d7a6a1f10b7426d85ec418d21f55498d994a7abcd6ec81fb36db75b02fb',
    'a range for each row',
  );
  const decoder = formulaWeights(GOLDEN_SALT).spade_generator;
  for (const layer of ['up_1.conv_1', 'up_1.conv_s'])
    for (const vector of ['u', 'v']) {
      const { dims, data } = cases[`spade_generator.${layer}.weight_${vector}`]!;
      t.same(decoder.floats(`${layer}.weight_${vector}`, dims), data, `${layer}.weight_${vector}`);
    }
  t.throws(() => decoder.floats('no.such.thing', [1]));
});

/** The windows of the golden spectrogram for every fourth frame, [n, 1, 80, 16]. */
function windows(frames: number): HostTensor {
  const { dims, data } = golden('audio.safetensors').mel!;
  const columns = dims[1]!;
  const at = (frame: number, band: number, tau: number) => {
    const column = Math.trunc((80 * (4 * frame - 2)) / 25) + tau;
    return data[band * columns + Math.min(Math.max(column, 0), columns - 1)]!;
  };
  const values = Float32Array.from({ length: frames * 1280 }, (_, i) =>
    at(Math.floor(i / 1280), Math.floor(i / 16) % 80, i % 16),
  );
  return { dims: [frames, 1, 80, 16], data: values };
}

t.test('audio encoder', async (t) => {
  const expected = cases.features_every_4th!;
  const mel = windows(expected.dims[0]!);
  const { feature } = await (await openNetwork(t, 'audio'))({ mel });
  t.same(feature?.dims, expected.dims);
  near(t, numbers(feature), expected.data, 1e-4, 'audio features');
  const other = await (await openNetwork(t, 'audio', 'another salt'))({ mel });
  t.ok(relativeDifference(numbers(other.feature), expected.data) > 0.1, 'another salt is another network');
});

t.test('motion extractor M', async (t) => {
  const found = await (await openNetwork(t, 'motion'))({ img: await goldenPicture('portrait_256.png') });
  const expected = golden('portrait.safetensors');
  for (const head of ['kp', 'scale', 'pitch', 'yaw', 'roll', 't', 'exp'])
    near(t, numbers(found[`raw_${head}`]), expected[`raw_${head}`]!.data, 1e-4, `M raw_${head}`);
  for (const angle of ['pitch', 'yaw', 'roll'])
    near(t, numbers(found[angle]), expected[`${angle}_deg`]!.data, 1e-4, `M ${angle} in degrees`);
  t.same(
    [found.kp?.dims, found.exp?.dims],
    [
      [1, 21, 3],
      [1, 21, 3],
    ],
  );
  t.same(numbers(found.exp), numbers(found.raw_exp));
});

t.test('appearance extractor F', async (t) => {
  const { f_s } = await (await openNetwork(t, 'appearance'))({
    img: await goldenPicture('portrait_256.png'),
  });
  t.same(f_s?.dims, [1, 32, 16, 64, 64]);
  near(t, every(91, numbers(f_s)), cases.feature_volume_every_91st!.data, 1e-4, 'F feature volume');
});

/** The golden inputs without their prefix, which the graph puts there itself. */
function denoiserFeeds(frames: number) {
  const file = golden(`denoiser_${frames}.safetensors`);
  const x = file.x!.data;
  const audio = { dims: [1, frames, 512], data: file.audio!.data.slice(2 * 512) };
  const step = {
    ori_kps: { dims: [1, 70], data: x.slice(0, 70) },
    ref: { dims: [1, 70], data: x.slice(70, 140) },
    x_t: { dims: [1, frames, 70], data: x.slice(140) },
  };
  return { audio, step, noise: (timestep: number) => file[`eps_t${timestep}`]!.data.slice(140) };
}

const TIMESTEPS = [980, 500, 20, 0];

t.test('denoiser: the audio once a window, the times once for all, the rest every step', async (t) => {
  const [condition, time, run] = await Promise.all(
    (['condition', 'time', 'denoiser'] as const).map((name) => openNetwork(t, name)),
  );
  const timesteps = { dims: [TIMESTEPS.length], data: BigInt64Array.from(TIMESTEPS, BigInt) };
  const times = (await time!({ t: timesteps })).time!;
  const width = times.dims[1]!;
  t.same(times.dims, [TIMESTEPS.length, 18432]);
  for (const frames of [64, 17]) {
    const { audio, step, noise } = denoiserFeeds(frames);
    const given = { ...step, condition: (await condition!({ audio })).condition! };
    for (const [i, timestep] of TIMESTEPS.entries()) {
      const row = { dims: [1, width], data: numbers(times).slice(i * width, (i + 1) * width) };
      const { eps } = await run!({ ...given, time: row });
      near(t, numbers(eps), noise(timestep), 1e-4, `denoiser, ${frames} frames, timestep ${timestep}`);
    }
  }
});

t.test('stitching, eye and lip retargeting', async (t) => {
  const x_s = cases.x_s!;
  const x_d = { dims: [1, 21, 3], data: cases.x_d!.data.slice(0, 63) };
  const stitching = await (await openNetwork(t, 'stitching'))({ x_s, x_d });
  near(t, numbers(stitching.delta), cases.delta_stitch!.data, 1e-5, 'stitching delta');
  near(t, numbers(stitching.stitched), cases.stitched!.data, 1e-5, 'stitched keypoints');
  const eye = await (await openNetwork(t, 'eye'))({ x_s, ratio: cases.eye_ratio! });
  near(t, numbers(eye.delta), cases.delta_eye!.data, 1e-5, 'eye delta');
  const lip = await (await openNetwork(t, 'lip'))({ x_s, ratio: cases.lip_ratio! });
  near(t, numbers(lip.delta), cases.delta_lip!.data, 1e-5, 'lip delta');
});
