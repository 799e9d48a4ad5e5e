import t from 'tap';
import { liveportraitToPhoto } from '../dist/face/crop/liveportrait.js';
import type { Point } from '../dist/face/geometry.js';
import { ibug68Of106, LANDMARKS106_OF_IBUG68 } from '../dist/face/ibug68.js';
import { eyesAndMouth, faceRatios } from '../dist/face/schemes.js';

/** Points that are nowhere alike and are the same in the Python script that the numbers below are from. */
function scattered(count: number): Point[] {
  return Array.from(
    { length: count },
    (_, i): Point => [200 + ((37 * i) % 101) + (i % 7) / 8, 150 + ((53 * i) % 97) * 1.25 + (i % 5) / 4],
  );
}

/** `count` points at the origin but for those given. */
function pointsWith(count: number, placed: Readonly<Record<number, Point>>): Point[] {
  return Array.from({ length: count }, (_, i) => placed[i] ?? [0, 0]);
}

t.test('ratios of 203 points, as published', (t) => {
  const { eyes, lip } = faceRatios(scattered(203));
  // numpy on the same points, float64.
  for (const [found, wanted] of [
    [eyes[0], 0.9943798153680569],
    [eyes[1], 1.0102095343239266],
    [lip, 1.981979051544267],
  ] as const)
    t.ok(Math.abs(found - wanted) < 1e-12, `${found} for ${wanted}`);
  t.end();
});

t.test('each scheme measures lids by corners of the eye, and lips by corners of the mouth', (t) => {
  const faces: Record<number, Point[]> = {
    203: pointsWith(203, {
      ...{ 0: [10, 20], 12: [30, 20], 6: [20, 17], 18: [20, 22] },
      ...{ 24: [50, 20], 36: [60, 20], 30: [55, 19], 42: [55, 20] },
      ...{ 48: [20, 60], 66: [60, 60], 90: [40, 58], 102: [40, 66] },
    }),
    106: pointsWith(106, {
      ...{ 35: [10, 20], 39: [30, 20], 40: [20, 17], 33: [20, 22] },
      ...{ 89: [50, 20], 93: [60, 20], 94: [55, 19], 87: [55, 20] },
      ...{ 52: [20, 60], 61: [60, 60], 62: [40, 58], 60: [40, 66] },
    }),
    68: pointsWith(68, {
      ...{ 36: [10, 20], 39: [30, 20], 37: [17, 17], 38: [23, 17], 41: [18, 22], 40: [22, 22] },
      ...{ 42: [50, 20], 45: [60, 20], 43: [53, 19], 44: [57, 19], 47: [54, 20], 46: [56, 20] },
      ...{ 48: [20, 60], 54: [60, 60], 62: [40, 58], 66: [40, 66] },
    }),
  };
  for (const [count, points] of Object.entries(faces)) {
    const { eyes, lip } = faceRatios(points);
    const off = [eyes[0] - 0.25, eyes[1] - 0.1, lip - 0.2].map(Math.abs);
    t.ok(Math.max(...off) < 1e-6, `${count} points: ${eyes}, ${lip}`);
    const { mouth } = eyesAndMouth(points);
    t.same(mouth, [40, 60], `${count} points: the mouth`);
  }
  t.same(eyesAndMouth(faces[203]!).eyes, [
    [20, 19.75],
    [55, 19.75],
  ]);
  t.same(eyesAndMouth(faces[106]!).eyes, eyesAndMouth(faces[203]!).eyes);
  t.same(eyesAndMouth(faces[68]!).eyes, [
    [20, 20],
    [55, 20],
  ]);
  t.end();
});

t.test('shut, tiny and unknown faces', (t) => {
  t.same(faceRatios(pointsWith(203, { 0: [0, 0], 12: [10, 0], 48: [0, 0], 66: [9, 0] })), {
    eyes: [0, 0],
    lip: 0,
  });
  t.same(faceRatios(pointsWith(68, {})), { eyes: [0, 0], lip: 0 }, 'nothing is divided by zero');
  t.ok(faceRatios(pointsWith(106, { 40: [0, 3] })).eyes[0] > 1e5, 'corners on one point');
  for (const count of [0, 67, 101, 478])
    t.throws(() => faceRatios(pointsWith(count, {})), {
      code: 'INVALID_ARGUMENT',
      message: /68, 106, 203 points/,
    });
  t.end();
});

t.test('ratios do not change where a face is moved, turned and enlarged', (t) => {
  const points = scattered(106);
  const turned = points.map(([x, y]): Point => [3 * (0.8 * x - 0.6 * y) + 50, 3 * (0.6 * x + 0.8 * y) - 20]);
  const [a, b] = [faceRatios(points), faceRatios(turned)];
  t.ok(Math.abs(a.eyes[0] - b.eyes[0]) < 1e-6 && Math.abs(a.eyes[1] - b.eyes[1]) < 1e-6);
  t.ok(Math.abs(a.lip - b.lip) < 1e-6);
  t.end();
});

t.test("the published crop of 106 and 203 points, a portrait's and that for landmarks", (t) => {
  // numpy on the same points, float64; the published code works in float32.
  const wanted = {
    106: [
      [-0.20162, -0.53226, 467.73387, 0.53226, -0.20162, 136.19196],
      [-0.30055, -0.79342, 386.09573, 0.79342, -0.30055, 159.46199],
    ],
    203: [
      [-0.58275, -0.08785, 425.73002, 0.08785, -0.58275, 373.02777],
      [-0.8687, -0.13095, 363.32868, 0.13095, -0.8687, 311.1223],
    ],
  };
  for (const [count, [portrait, landmarks]] of Object.entries(wanted)) {
    const points = scattered(Number(count));
    const off = (found: readonly number[], expected: readonly number[]) =>
      Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
    t.ok(off(liveportraitToPhoto(points, 512), portrait!) < 2e-3, `${count}: portrait`);
    const found = liveportraitToPhoto(points, 224, { enlargement: 1.5, shiftDown: -0.1 });
    t.ok(off(found, landmarks!) < 2e-3, `${count}: for landmarks`);
  }
  t.end();
});

t.test('68 of 106 points', (t) => {
  t.equal(new Set(LANDMARKS106_OF_IBUG68).size, 68);
  const points = scattered(106);
  const found = ibug68Of106(points);
  // Corners of eyes and mouth, chin, tip of the nose.
  for (const [of68, of106] of [
    [36, 35],
    [39, 39],
    [42, 89],
    [45, 93],
    [48, 52],
    [54, 61],
    [8, 0],
    [30, 86],
  ] as const)
    t.equal(found[of68], points[of106], `${of68}`);
  // InsightFace numbers part by part: first and last point of 68, first and last number of 106.
  for (const [name, first, last, from, to] of [
    ['jaw', 0, 16, 0, 32],
    ['left brow', 17, 21, 43, 51],
    ['right brow', 22, 26, 97, 105],
    ['nose', 27, 35, 72, 86],
    ['left eye', 36, 41, 33, 42],
    ['right eye', 42, 47, 87, 96],
    ['mouth', 48, 67, 52, 71],
  ] as const)
    t.ok(
      LANDMARKS106_OF_IBUG68.slice(first, last + 1).every((index) => index >= from && index <= to),
      name,
    );
  t.end();
});
