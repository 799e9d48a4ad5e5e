import t from 'tap';
import { audioGraph } from '../dist/packs/puppet/audio.js';
import { denoiserGraph } from '../dist/packs/puppet/denoiser.js';
import { alphasCumprod, SAMPLER } from '../dist/packs/puppet/statistics.js';
import { close } from './support/close.js';
import { filled, type HostTensor, numbers, openBuilt, type Run } from './support/graphs.js';

const FRAMES = 64;
const SIZE = 70;
const CHIN_Y = 7 + 3 * 16 + 1;
const LID_L_Y = 7 + 3 * 10 + 1;

const noisy = () =>
  filled([1, FRAMES, SIZE], (at) => Math.sin(0.1 * Math.floor(at / SIZE) + 0.3 * (at % SIZE)));

async function features(): Promise<HostTensor> {
  const mel = filled([FRAMES, 1, 80, 16], (i) => {
    const [k, bin, column] = [Math.floor(i / 1280), Math.floor(i / 16) % 80, i % 16];
    return 2 * Math.sin(0.07 * bin + 0.5 * column + 0.4 * k);
  });
  const { feature } = await (await openBuilt(audioGraph()))({ mel });
  return { dims: [1, FRAMES, 512], data: numbers(feature) };
}

async function predictor(): Promise<(x: HostTensor, timestep: number) => Promise<Float32Array>> {
  const run: Run = await openBuilt(denoiserGraph());
  const fixed = {
    audio: await features(),
    ori_kps: filled([1, SIZE], () => 0),
    ref: filled([1, SIZE], (j) => 0.1 * Math.cos(j)),
  };
  return async (x, timestep) => {
    const t = { dims: [1], data: BigInt64Array.of(BigInt(timestep)) };
    return numbers((await run({ x_t: x, t, ...fixed })).eps);
  };
}

/** One DDIM step without noise. */
function step(x: Float32Array, eps: Float32Array, abar: number, next: number): Float32Array {
  return x.map((value, i) => {
    const clean = (value - Math.sqrt(1 - abar) * eps[i]!) / Math.sqrt(abar);
    return Math.sqrt(next) * clean + Math.sqrt(1 - next) * eps[i]!;
  });
}

const rms = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
const at = (values: Float32Array, frame: number, index: number) => values[frame * SIZE + index]!;

t.test('the denoiser gives the check values at single steps', async (t) => {
  const predict = await predictor();
  const early = await predict(noisy(), 980);
  const first = [-0.01472, 0.29031, 0.57632, 0.80577, 0.95106, 1.00399, 0.97125, 0.86222];
  close(t, early.subarray(0, 8), first, 1.5e-5, 't 980, frame 0');
  close(
    t,
    [at(early, 40, 1), at(early, 40, 56), rms(early)],
    [-0.85188, 0.58251, 0.712825],
    1.5e-5,
    't 980, frame 40',
  );
  const half = await predict(noisy(), 500);
  const second = [-0.07911, 0.32106, 0.73059, 1.04641, 1.20362, 1.22919, 1.15482, 1.03042];
  close(t, half.subarray(0, 8), second, 1.5e-5, 't 500, frame 0');
  close(
    t,
    [at(half, 40, 1), at(half, 40, 56), rms(half)],
    [-0.40944, -0.565613, 0.917069],
    1.5e-5,
    't 500, frame 40',
  );
  close(t, [rms(await predict(noisy(), 0))], [203.5146], 1e-3, 't 0');
});

t.test('fifty DDIM steps give the check values', async (t) => {
  const predict = await predictor();
  const alphas = alphasCumprod();
  const stride = SAMPLER.trainTimesteps / SAMPLER.steps;
  let x = numbers(noisy());
  for (let time = SAMPLER.trainTimesteps - stride; time >= 0; time -= stride) {
    const eps = await predict({ dims: [1, FRAMES, SIZE], data: x }, time);
    x = step(x, eps, alphas[time]!, time >= stride ? alphas[time - stride]! : 1);
  }
  close(t, x.subarray(0, 5), [0.10974, 0.07709, -0.0175, -0.06811, -0.02563], 2e-5, 'frame 0');
  close(
    t,
    x.subarray(63 * SIZE, 63 * SIZE + 5),
    [-0.60396, -0.64995, -0.252, 0.7476, 1.30209],
    2e-5,
    'frame 63',
  );
  const chin = [0, 8, 16, 24, 32, 40, 48, 56].map((frame) => at(x, frame, CHIN_Y));
  close(
    t,
    chin,
    [1.746994, 2.283867, 1.455202, 2.061254, 1.718237, 2.440551, 2.23568, 2.515718],
    2e-5,
    'chin',
  );
  const lid = Array.from({ length: FRAMES }, (_, frame) => at(x, frame, LID_L_Y));
  close(t, [Math.max(...lid)], [3.24759], 2e-5, 'the blink closes');
  t.equal(lid.indexOf(Math.max(...lid)), 22, 'the blink is at frame 22');
});
