import t from 'tap';
import { placeKeypoints } from '../dist/packs/landmarks.js';
import { type LandmarkRule, readPack } from '../dist/packs/pack.js';
import { KEYPOINT_TABLE, KEYPOINTS } from '../dist/packs/puppet/keypoints.js';
import { close } from './support/close.js';

type Point = [number, number];

/** 68 points of which only those that the puppet reads are placed: eyes, brows, corners and the insides of the lips. */
function face(points: {
  left: Point;
  right: Point;
  mouthL: Point;
  mouthR: Point;
  seam: number;
  apart?: number;
}): Point[] {
  const landmarks = Array.from({ length: 68 }, (): Point => [Number.NaN, Number.NaN]);
  const ring = (first: number, [x, y]: Point) => {
    const around: Point[] = [
      [-0.107, 0],
      [-0.05, -0.028],
      [0.05, -0.028],
      [0.107, 0],
      [0.05, 0.028],
      [-0.05, 0.028],
    ];
    for (const [i, [dx, dy]] of around.entries()) landmarks[first + i] = [x + dx, y + dy];
  };
  ring(36, points.left);
  ring(42, points.right);
  landmarks[48] = points.mouthL;
  landmarks[54] = points.mouthR;
  landmarks[62] = [0, points.seam - (points.apart ?? 0)];
  landmarks[66] = [0, points.seam];
  for (const [i, { 1: y }] of [18, 23].map(
    (first, side) => [first, [points.left, points.right][side]!] as const,
  ))
    for (let k = 0; k < 3; k++) landmarks[i + k] = [Number.NaN, y - 0.1475];
  return landmarks;
}

/** As the engine applies a placement. */
function placed(rules: readonly LandmarkRule[], keypoints: Float32Array, landmarks: Point[]): Float32Array {
  const placement = placeKeypoints(rules, landmarks);
  return keypoints.map((value, i) => placement[i]! * value + placement[63 + i]!);
}

const table = Float32Array.from(KEYPOINT_TABLE.flat());
const rules = async () => (await readPack('puppet')).manifest.landmarks!;

t.test('a face whose landmarks are where the table has them is the table', async (t) => {
  const average = face({
    left: [-0.243, -0.0525],
    right: [0.243, -0.0525],
    mouthL: [-0.19, 0.462],
    mouthR: [0.19, 0.462],
    seam: 0.472,
  });
  close(t, placed(await rules(), table, average), table, 1e-6, 'keypoints');
});

t.test('mouth, jaw and eyes follow the landmarks, depth and the rest stay', async (t) => {
  const landmarks = face({
    left: [-0.25, -0.08],
    right: [0.22, -0.04],
    mouthL: [-0.15, 0.4],
    mouthR: [0.17, 0.42],
    seam: 0.45,
    apart: 0.03,
  });
  const detected = table.map((value, i) => (i % 3 === 1 ? value + 0.03 : value));
  const found = placed(await rules(), detected, landmarks);
  const at = (name: keyof typeof KEYPOINTS) => [
    ...found.subarray(3 * KEYPOINTS[name].index, 3 * KEYPOINTS[name].index + 2),
  ];
  close(t, at('mouthL'), [-0.15, 0.4], 1e-6, 'left corner');
  close(t, at('mouthR'), [0.17, 0.42], 1e-6, 'right corner');
  close(t, at('lipUp'), [0, 0.408], 1e-6, 'upper lip');
  close(t, at('lipLo'), [0, 0.462], 1e-6, 'lower lip');
  close(t, at('chin'), [0, 0.86 - 0.4 * 0.022], 1e-6, 'chin');
  close(t, at('jawR'), [0.44, 0.55 - 0.4 * 0.022], 1e-6, 'jaw');
  close(t, at('lidUpL'), [-0.357, -0.108], 1e-6, 'left upper lid, outer corner');
  close(t, at('lidLoR'), [0.113, -0.012], 1e-6, 'right lower lid, inner corner');
  close(t, at('browL'), [-0.25, -0.2275], 1e-6, 'left brow');
  close(t, at('browR'), [0.22, -0.1875], 1e-6, 'right brow');
  close(t, at('nose'), [0, 0.25], 1e-6, 'what no rule names is as it was detected');
  close(
    t,
    found.filter((_, i) => i % 3 === 2),
    table.filter((_, i) => i % 3 === 2),
    0,
    'depth',
  );
});

t.test('keep adds to what the network found', async (t) => {
  const rule = {
    keypoint: 1,
    axis: 'y' as const,
    base: 'keep' as const,
    terms: [{ points: [0, 1], axis: 'x' as const, weight: 2 }],
  };
  const landmarks = face({ left: [0, 0], right: [0, 0], mouthL: [0, 0], mouthR: [0, 0], seam: 0 });
  [landmarks[0], landmarks[1]] = [
    [0.1, 9],
    [0.3, 9],
  ];
  const found = placed([rule], table, landmarks);
  close(t, [found[4]!], [table[4]! + 0.4], 1e-6, 'keypoint 1, y');
  t.not(found, table);
});
