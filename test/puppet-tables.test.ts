import t from 'tap';
import { DIRECTIONS, type KernelName, MODES, orthonormalModes } from '../dist/packs/puppet/directions.js';
import { conditionedKernel, precompensate, samplerResponse } from '../dist/packs/puppet/kernels.js';
import { KEYPOINT_NAMES, KEYPOINTS, RIGID } from '../dist/packs/puppet/keypoints.js';
import { alphasCumprod, MOTION_SIZE, MOTION_STD, STATISTICS } from '../dist/packs/puppet/statistics.js';
import { close } from './support/close.js';
import { golden } from './support/golden.js';

t.test(
  'keypoints are in the order of their indices and no expression moves the rigid ones in the picture',
  async (t) => {
    t.same(
      KEYPOINT_NAMES.map((name) => KEYPOINTS[name].index),
      KEYPOINT_NAMES.map((_, i) => i),
    );
    for (const direction of Object.values(DIRECTIONS)) {
      const moved = RIGID.flatMap((name) =>
        direction.slice(7 + 3 * KEYPOINTS[name].index, 9 + 3 * KEYPOINTS[name].index),
      );
      t.ok(moved.every((value) => value === 0));
    }
  },
);

t.test('statistics have the layout of a frame of motion', async (t) => {
  t.equal(MOTION_STD.length, MOTION_SIZE);
  t.same(MOTION_STD.slice(0, 8), [0.02, 9, 5, 4, 0.02, 0.02, 1, 0.02]);
  t.equal(STATISTICS.kp.mean.length, 63);
});

t.test('the noise schedule is that of the reference', async (t) => {
  close(t, alphasCumprod(), golden('ddim_50.safetensors').alphas_cumprod!.data, 1e-6, 'alphas_cumprod');
});

t.test('modes have the amplitudes that docs/puppet.md names', async (t) => {
  const expected = [...new Array<number>(8).fill(0.5), 0.1468, 0.1417, 0.284, Math.SQRT1_2, 0.2828, 0.0552];
  t.equal(MODES.length, 14);
  close(t, orthonormalModes().amplitudes, expected, 5.1e-5, 'amplitudes');
});

t.test('conditioned kernels have the gains and eigenvalues that docs/puppet.md names', async (t) => {
  const gains = (name: KernelName, frames: number[]) => {
    const kernel = conditionedKernel(name);
    return frames.map((frame) => kernel.gains[frame]!);
  };
  const speed = [0.985862, 0.944337, 0.688035, 0.128781, -0.279666, -0.096052, -0.001054];
  close(t, gains('speed', [0, 1, 4, 9, 19, 39, 63]), speed, 5.1e-6, 'speed');
  close(t, gains('glance', [0, 4, 19, 39]), [0.998458, 0.962154, 0.539408, 0.084658], 5.1e-6, 'glance');
  close(t, gains('tight', [0, 1, 2, 4, 9]), [0.92203, 0.7456, 0.55027, 0.22443, 0.00348], 5.1e-6, 'tight');
  close(t, gains('face', [0, 1, 4, 9, 19]), [0.99385, 0.97561, 0.857, 0.53941, 0.08466], 5.1e-6, 'face');
  const { variance, eigen } = conditionedKernel('speed');
  close(t, [variance], [1], 1e-12, 'variance');
  close(
    t,
    eigen.values.slice(0, 6),
    [15.545763, 14.820666, 9.411881, 6.460969, 4.761509, 3.508361],
    5.1e-5,
    'eigenvalues',
  );
  close(t, [eigen.values.reduce((a, b) => a + b)], [58.142205], 5.1e-4, 'trace');
});

t.test('the sampler is biased as docs/puppet.md says', async (t) => {
  const lambdas = [1e-4, 1e-3, 0.01, 0.1, 1, 10, 50];
  const responses = lambdas.map((lambda) => samplerResponse(lambda));
  const spreads = responses.map(({ spread }, i) => spread / Math.sqrt(lambdas[i]!));
  close(t, spreads, [0.486, 0.64, 0.866, 0.958, 0.978, 0.904, 0.696], 6e-4, 'spread');
  const pulls = responses.map(({ pull }) => pull);
  close(t, pulls, [0.999, 0.997, 0.988, 0.956, 0.858, 0.586, 0.287], 6e-4, 'pull');
});

t.test('pre-compensation takes the bias back', async (t) => {
  const wanted = [0.001, 0.01, 0.1, 1, 5, 10];
  const tables = precompensate(wanted);
  const lambdas = [0.00194, 0.01287, 0.10855, 1.04683, 5.67252, 12.84094];
  close(
    t,
    tables.map(({ lambda }) => lambda),
    lambdas,
    5.1e-6,
    'lambda',
  );
  const pulls = [0.99542, 0.98552, 0.9542, 0.85518, 0.67617, 0.54203];
  close(
    t,
    tables.map(({ pull }) => pull),
    pulls,
    5.1e-6,
    'pull',
  );
  const reached = tables.map(({ lambda }) => samplerResponse(lambda).spread ** 2);
  close(
    t,
    reached.map((value, i) => value / wanted[i]!),
    wanted.map(() => 1),
    1e-5,
    'variance reached',
  );
  t.same(
    precompensate([0, -1e-15]).map(({ lambda }) => lambda),
    [0, 0],
    'rounding below zero is zero',
  );
});
