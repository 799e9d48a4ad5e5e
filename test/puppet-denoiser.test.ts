import t from 'tap';
import { Graph } from '../dist/packs/onnx/index.js';
import { audioGraph } from '../dist/packs/puppet/audio.js';
import { denoiserGraph } from '../dist/packs/puppet/denoiser.js';
import { alphasCumprod, SAMPLER } from '../dist/packs/puppet/statistics.js';
import { lipsApart } from '../dist/packs/puppet/voice.js';
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
  const first = [-0.014504, 0.291179, 0.569671, 0.806184, 0.95169, 1.002704, 0.971251, 0.86222];
  close(t, early.subarray(0, 8), first, 1.5e-5, 't 980, frame 0');
  close(
    t,
    [at(early, 40, 1), at(early, 40, 56), rms(early)],
    [-0.846313, 0.586133, 0.716179],
    1.5e-5,
    't 980, frame 40',
  );
  const half = await predict(noisy(), 500);
  const second = [-0.075637, 0.332002, 0.704369, 1.058902, 1.221605, 1.223304, 1.154819, 1.030421];
  close(t, half.subarray(0, 8), second, 1.5e-5, 't 500, frame 0');
  close(
    t,
    [at(half, 40, 1), at(half, 40, 56), rms(half)],
    [-0.580112, -0.534278, 0.977588],
    1.5e-5,
    't 500, frame 40',
  );
  close(t, [rms(await predict(noisy(), 0))], [221.06822], 1e-3, 't 0');
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
  close(t, x.subarray(0, 5), [0.100557, 0.051327, 0.004037, -0.101475, -0.071553], 2e-5, 'frame 0');
  close(
    t,
    x.subarray(63 * SIZE, 63 * SIZE + 5),
    [-0.132101, 0.337122, 0.305371, 0.019284, -0.017692],
    2e-5,
    'frame 63',
  );
  const chin = [0, 8, 16, 24, 32, 40, 48, 56].map((frame) => at(x, frame, CHIN_Y));
  close(
    t,
    chin,
    [0.930724, 2.256004, 1.487614, 2.02918, 1.748267, 2.410443, 2.252737, 2.495953],
    2e-5,
    'chin',
  );
  const lid = Array.from({ length: FRAMES }, (_, frame) => at(x, frame, LID_L_Y));
  close(t, [Math.max(...lid)], [3.244326], 2e-5, 'the blink closes');
  t.equal(lid.indexOf(Math.max(...lid)), 23, 'the blink is at frame 23');
});

t.test('lips whose landmarks are nearly together are shut, others as far apart as these say', async (t) => {
  const g = new Graph('lips');
  const inner = g.input('inner', 'float32', [1, 4]);
  g.output('apart', lipsApart(g, inner), 'float32', [1, 4]);
  const { apart } = await (await openBuilt(g))({
    inner: { dims: [1, 4], data: Float32Array.of(-0.01, 0.024, 0.038, 0.1) },
  });
  close(t, numbers(apart), [0, 0, 0.038, 0.1], 1e-6, 'distances');
});
