import t from 'tap';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import { rigidInverse } from '../dist/packs/puppet/field.js';
import { KEYPOINT_TABLE } from '../dist/packs/puppet/keypoints.js';
import { rendererGraph } from '../dist/packs/puppet/renderer.js';
import { close } from './support/close.js';
import { numbers, openBuilt } from './support/graphs.js';
import { AT_REST, checkPicture, posed } from './support/puppet.js';

const SIDE = 512;
const PICTURE = { dims: [1, 3, SIDE, SIDE], data: checkPicture() };
const REST = { dims: [1, 21, 3], data: Float32Array.from(KEYPOINT_TABLE.flat()) };

const jaw = (amount: number) => DIRECTIONS.jaw.slice(7).map((value) => amount * value);
const CHECK_POSE = { pitch: 3, yaw: 8, roll: -2, scale: 1, t: [0.01, -0.005] as const };

// Row and column of the picture, then red, green and blue.
const PIXELS: readonly (readonly [number, number, number, number, number])[] = [
  [256, 256, 0.53535, 0.48861, 0.60222],
  [320, 256, 0.53483, 0.61188, 0.54432],
  [370, 240, 0.4924, 0.7138, 0.51223],
  [380, 256, 0.51671, 0.72234, 0.45001],
  [385, 256, 0.45815, 0.47351, 0.38676],
  [400, 256, 0.5179, 0.74592, 0.45865],
  [200, 190, 0.40167, 0.37773, 0.42116],
  [10, 10, 0.02051, 0.02051, 0.51041],
  [440, 256, 0.50444, 0.82969, 0.48683],
];

t.test('the rigid fit has the table that docs/puppet.md names', async (t) => {
  const rows = rigidInverse().map((row) => row.slice(0, 8));
  close(t, rows[0]!, [-0.0539, 0.1782, 0.1782, 0.2993, 0.2993, 0.1184, 0.1184, -0.1379], 6e-5, '1');
  close(t, rows[1]!, [0, -0.3486, 0.3486, -0.3735, 0.3735, -0.2241, 0.2241, 0], 6e-5, 'x');
  close(t, rows[2]!, [-0.8871, -0.1676, -0.1676, 0.3996, 0.3996, 0.2583, 0.2583, -0.0935], 6e-5, 'y');
  close(t, rows[3]!, [-0.5181, 0.3197, 0.3197, 0.6834, 0.6834, -0.1308, -0.1308, -1.2263], 6e-5, 'z');
});

t.test('the keypoints of the check pose', async (t) => {
  const driving = posed(CHECK_POSE, jaw(0.06));
  close(t, driving.subarray(21, 24), [-0.07956, 0.25572, -0.7016], 1e-5, 'nose');
  close(t, driving.subarray(60, 63), [-0.03951, 0.56407, -0.47926], 1e-5, 'lower lip');
});

t.test('the renderer gives the check pixels', async (t) => {
  const run = await openBuilt(rendererGraph());
  const x_d = { dims: [1, 21, 3], data: posed(CHECK_POSE, jaw(0.06)) };
  const { out } = await run({ f_s: PICTURE, x_s: REST, x_d });
  t.same(out?.dims, [1, 3, SIDE, SIDE]);
  for (const [row, column, ...rgb] of PIXELS) {
    const found = [0, 1, 2].map((channel) => numbers(out)[(channel * SIDE + row) * SIDE + column]!);
    close(t, found, rgb, 1.5e-5, `pixel ${row}, ${column}`);
  }
});

t.test('a face that does not move is the picture', async (t) => {
  const run = await openBuilt(rendererGraph());
  const { out } = await run({ f_s: PICTURE, x_s: REST, x_d: { ...REST, data: posed(AT_REST, jaw(0)) } });
  close(t, numbers(out), PICTURE.data, 0, 'every pixel');
});
