import t from 'tap';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import { rigidInverse } from '../dist/packs/puppet/field.js';
import { KEYPOINT_TABLE, KEYPOINTS } from '../dist/packs/puppet/keypoints.js';
import { fieldGraph, rendererGraph } from '../dist/packs/puppet/renderer.js';
import { close } from './support/close.js';
import { type HostTensor, numbers, openBuilt } from './support/graphs.js';
import { AT_REST, checkPicture, PICTURE, posed, REST, SIDE } from './support/puppet.js';

const jaw = (amount: number) => DIRECTIONS.jaw.slice(7).map((value) => amount * value);
/** An open mouth and lids that are nearly shut. */
const CHECK_FACE = jaw(0.06).map((value, i) => value + 0.8 * DIRECTIONS.lid[7 + i]!);
const CHECK_POSE = { pitch: 3, yaw: 8, roll: -2, scale: 1, t: [0.01, -0.005] as const };

// Row and column of the picture, then red, green and blue.
const PIXELS: readonly (readonly [number, number, number, number, number])[] = [
  [256, 256, 0.53535, 0.48861, 0.60222],
  [320, 256, 0.53495, 0.61188, 0.54446],
  [370, 240, 0.49228, 0.7135, 0.51236],
  [380, 256, 0.395954, 0.341717, 0.29103],
  [385, 256, 0.097001, 0.035637, 0.031673],
  [400, 256, 0.51819, 0.74659, 0.45777],
  [200, 190, 0.40167, 0.37773, 0.42116],
  [10, 10, 0.020508, 0.020508, 0.51041],
  [440, 256, 0.50447, 0.82969, 0.48677],
  [240, 190, 0.399011, 0.443777, 0.303689],
  [250, 318, 0.140732, 0.101183, 0.156302],
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
  const x_d = { dims: [1, 21, 3], data: posed(CHECK_POSE, CHECK_FACE) };
  const { out } = await run({ f_s: PICTURE, x_s: REST, x_d });
  t.same(out?.dims, [1, 3, SIDE, SIDE]);
  for (const [row, column, ...rgb] of PIXELS) {
    const found = [0, 1, 2].map((channel) => numbers(out)[(channel * SIDE + row) * SIDE + column]!);
    close(t, found, rgb, 1.5e-5, `pixel ${row}, ${column}`);
  }
});

t.test('what is drawn in a grey picture is grey', async (t) => {
  const grey = checkPicture();
  const area = SIDE * SIDE;
  for (let i = 0; i < area; i++) grey[area + i] = grey[2 * area + i] = grey[i]!;
  const run = await openBuilt(rendererGraph());
  const x_d = { dims: [1, 21, 3], data: posed(CHECK_POSE, CHECK_FACE) };
  const { out } = await run({ f_s: { ...PICTURE, data: grey }, x_s: REST, x_d });
  const values = numbers(out);
  let chroma = 0;
  for (let i = 0; i < area; i++)
    chroma = Math.max(
      chroma,
      Math.abs(values[i]! - values[area + i]!),
      Math.abs(values[i]! - values[2 * area + i]!),
    );
  t.ok(chroma < 2e-6, `all of a grey picture stays grey: ${chroma}`);
});

t.test('a mouth that is narrow and tilted rounds without a fold', async (t) => {
  const { mouthL, mouthR } = KEYPOINTS;
  const tilted = KEYPOINT_TABLE.map(([x, y, z], i) => {
    if (i === mouthL.index) return [-0.13, 0.53, z] as const;
    return [i === mouthR.index ? 0.13 : x, i === mouthR.index ? 0.4 : y, z] as const;
  });
  const run = await openBuilt(fieldGraph());
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(tilted.flat()) };
  const pucker = DIRECTIONS.pucker.slice(7).map((value) => 0.1 * value);
  const { field } = await run({ f_s: PICTURE, x_s, x_d: { ...REST, data: posed(AT_REST, pucker, tilted) } });
  const across = numbers(field).subarray(0, 65536);
  const steps = Array.from({ length: 50 * 128 }, (_, i) => {
    const at = (165 + Math.floor(i / 128)) * 256 + 64 + (i % 128);
    return 1 + 128 * (across[at + 1]! - across[at]!);
  });
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  t.ok(least > 0.6, `a pixel shows at least ${least.toFixed(2)} of one of the picture`);
  t.ok(most > 1.25 && most < 2, `and in the narrower mouth ${most.toFixed(2)}`);
});

t.test('a mouth whose teeth show gets no second row of them', async (t) => {
  const apart = 0.09;
  const smile = KEYPOINT_TABLE.map(([x, y, z], i) =>
    i === KEYPOINTS.lipUp.index ? ([x, y - apart, z] as const) : ([x, y, z] as const),
  );
  const dark = { ...PICTURE, data: PICTURE.data.map((value) => 0.3 * value) };
  const run = await openBuilt(rendererGraph());
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(smile.flat()) };
  const x_d = { dims: [1, 21, 3], data: posed(AT_REST, jaw(0.06), smile) };
  const brightest = async (x_s: HostTensor, x_d: HostTensor) => {
    const out = numbers((await run({ f_s: dark, x_s, x_d })).out);
    const below = Array.from({ length: 24 }, (_, row) => out[(376 + row) * SIDE + 256]! / 0.3);
    return Math.max(...below.map((value) => value - 0.5));
  };
  const closed = await brightest(REST, { ...REST, data: posed(AT_REST, jaw(0.06)) });
  t.ok(closed > 0.04, `closed lips that open show drawn teeth: ${closed.toFixed(3)}`);
  t.ok((await brightest(x_s, x_d)) < 0.03, 'lips that show teeth show no drawn ones');
});

/** The mix of the four values around a place of a plane, in pixels; beyond its border the border's. */
function bilinear(plane: Float32Array, side: number, x: number, y: number): number {
  const within = (at: number) => Math.min(Math.max(at, 0), side - 1);
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (column: number, row: number) => plane[within(row) * side + within(column)]!;
  const row = (y: number) => at(left, y) + (x - left) * (at(left + 1, y) - at(left, y));
  return row(top) + (y - top) * (row(top + 1) - row(top));
}

t.test('less light reaches teeth between dark lips', async (t) => {
  const run = await openBuilt(fieldGraph());
  const x_d = { ...REST, data: posed(AT_REST, jaw(0.08)) };
  const brightest = async (lips: number, red = lips) => {
    const data = PICTURE.data.map((_, i) => {
      const y = (2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1;
      return Math.abs(y - 0.475) < 0.06 ? (i < SIDE * SIDE ? red : lips) : 0.6;
    });
    const { field } = await run({ f_s: { ...PICTURE, data }, x_s: REST, x_d });
    return numbers(field)
      .subarray(3 * 65536 + 180 * 256, 4 * 65536)
      .reduce((most, value) => Math.max(most, value), 0);
  };
  const [dark, light] = [await brightest(0.2), await brightest(0.5)];
  t.ok(light > 0.35 && dark < 0.75 * light, `${dark.toFixed(3)} instead of ${light.toFixed(3)}`);
  const painted = await brightest(0.05, 0.4);
  t.ok(painted > 1.2 * dark, `${painted.toFixed(3)} between painted lips, which are dark in other colours`);
});

t.test('lips part over most of their width, and below the teeth it is dark everywhere', async (t) => {
  const run = await openBuilt(fieldGraph());
  const x_d = { ...REST, data: posed(AT_REST, jaw(0.11)) };
  const { field } = await run({ f_s: PICTURE, x_s: REST, x_d });
  const plane = (channel: number) => numbers(field).subarray(channel * 65536, (channel + 1) * 65536);
  const [keep, red] = [plane(2), plane(3)];
  /** The red of the opened mouth from above, at a share of its half width. */
  const gap = (u: number) => {
    const column = 128 + Math.round(128 * KEYPOINTS.mouthR.at[0] * u);
    const rows = Array.from({ length: 70 }, (_, i) => (170 + i) * 256 + column);
    const height = rows.reduce((sum, at) => sum + 1 - keep[at]!, 0);
    const seen = rows.filter((at) => keep[at]! < 0.5).map((at) => red[at]! / (1 - keep[at]!));
    return { height, seen };
  };
  const [middle, { seen: side }, { height, seen: corner }] = [gap(0), gap(0.4), gap(0.7)];
  t.ok(height > 0.3 * middle.height, `${height.toFixed(1)} of ${middle.height.toFixed(1)} rows`);
  const most = Math.max(...side);
  t.ok(side.indexOf(most) < 0.6 * side.length, 'teeth are above');
  t.ok(Math.max(...corner) < 0.5 * Math.max(...middle.seen), 'towards the corners there are none');
  t.ok(side.at(-1)! < 0.8 * most, `${side.at(-1)!.toFixed(3)} below ${most.toFixed(3)}`);
});

t.test('the field says what happens to the picture', async (t) => {
  const [run, fieldAlone] = [await openBuilt(rendererGraph()), await openBuilt(fieldGraph())];
  const x_d = { dims: [1, 21, 3], data: posed(CHECK_POSE, CHECK_FACE) };
  const inputs = { f_s: PICTURE, x_s: REST, x_d };
  const { out, field } = await run(inputs);
  t.same(field?.dims, [1, 6, 256, 256]);
  t.same((await fieldAlone(inputs)).field, field, 'the same without the picture');
  const plane = (values: Float32Array, side: number, c: number) =>
    values.subarray(c * side * side, (c + 1) * side * side);
  const given = numbers(field);
  const differences = Array.from({ length: 4000 }, (_, i) => {
    const [x, y, c] = [(i * 7919) % SIDE, (i * 104729 + 31 * i) % SIDE, i % 3];
    const value = (channel: number) =>
      bilinear(plane(given, 256, channel), 256, (x - 0.5) / 2, (y - 0.5) / 2);
    const source = bilinear(plane(PICTURE.data, SIDE, c), SIDE, x + 256 * value(0), y + 256 * value(1));
    return Math.abs(source * value(2) + value(3 + c) - numbers(out)[(c * SIDE + y) * SIDE + x]!);
  });
  const moved = differences.filter((difference) => difference > 2e-3).length;
  t.ok(
    moved < 20,
    `${moved} of 4000 samples differ, at the edges of the bands: most ${Math.max(...differences)}`,
  );
});

t.test('nothing is drawn outside of the lips and the lids', async (t) => {
  const run = await openBuilt(fieldGraph());
  const open = jaw(0.09).map((value, i) => value + DIRECTIONS.lid[7 + i]!);
  const { field } = await run({ f_s: PICTURE, x_s: REST, x_d: { ...REST, data: posed(AT_REST, open) } });
  const [keep, red] = [2, 3].map((c) => numbers(field).subarray(c * 65536, (c + 1) * 65536)) as [
    Float32Array,
    Float32Array,
  ];
  const within = (value: number, [low, high]: readonly [number, number]) => value > low && value < high;
  const drawn = Array.from(keep, (share, i) => ({
    share,
    at: [(i % 256) / 128 - 1, Math.floor(i / 256) / 128 - 1] as const,
  }));
  const outside = drawn.filter(({ share, at: [x, y] }, i) => {
    const inMouth = within(x, [-0.21, 0.21]) && within(y, [0.43, 0.6]);
    const inEye = within(Math.abs(x), [0.1, 0.39]) && within(y, [-0.15, 0.04]);
    return (share < 1 || red[i] !== 0) && !inMouth && !inEye;
  });
  t.same(outside, [], 'the whole picture stays there');
  t.ok(red.filter((value) => value > 0).length > 200, 'the open mouth is drawn');
});

t.test('a face that does not move is the picture', async (t) => {
  const run = await openBuilt(rendererGraph());
  const { out } = await run({ f_s: PICTURE, x_s: REST, x_d: { ...REST, data: posed(AT_REST, jaw(0)) } });
  close(t, numbers(out), PICTURE.data, 0, 'every pixel');
});

/** Skin with white teeth from one row to another, and the colour of a beard below `beard`. */
function drawing(teeth: readonly [number, number], beard: number): Float32Array {
  return PICTURE.data.map((_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE].map((at) => (2 * at + 1) / SIDE - 1) as [
      number,
      number,
    ];
    if (Math.abs(x) < 0.2 && y > teeth[0] && y < teeth[1]) return 1;
    return y > beard ? 0.2 : 0.6;
  });
}

/** Keypoints of a mouth whose lips are apart. */
const smiling = (apart: number) =>
  KEYPOINT_TABLE.map(([x, y, z], i) => [x, i === KEYPOINTS.lipUp.index ? y - apart : y, z] as const);

t.test('the mouth of a drawing opens below its teeth, not in its beard', async (t) => {
  const run = await openBuilt(fieldGraph());
  const table = smiling(0.1);
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(table.flat()) };
  const x_d = { dims: [1, 21, 3], data: posed(AT_REST, jaw(0.06), table) };
  const picture = { ...PICTURE, data: drawing([0.37, 0.4], 0.45) };
  const { field } = await run({ f_s: picture, x_s, x_d });
  const keep = numbers(field).subarray(2 * 65536, 3 * 65536);
  const drawn = Array.from({ length: 256 }, (_, row) => row).filter((row) => keep[256 * row + 128]! < 0.5);
  const first = (2 * drawn[0]! + 1) / 256 - 1;
  t.ok(first > 0.38 && first < 0.43, `the gap begins at ${first.toFixed(3)}`);
});

t.test('lips that show teeth part below them, also where landmarks lie on the teeth', async (t) => {
  const run = await openBuilt(fieldGraph());
  const table = smiling(0.09);
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(table.flat()) };
  const x_d = { dims: [1, 21, 3], data: posed(AT_REST, jaw(0.06), table) };
  const { field } = await run({ f_s: { ...PICTURE, data: drawing([0.385, 0.49], 2) }, x_s, x_d });
  const keep = numbers(field).subarray(2 * 65536, 3 * 65536);
  const first = keep.findIndex((share, i) => i % 256 === 128 && i > 150 * 256 && share < 0.5);
  const y = (2 * Math.floor(first / 256) + 1) / 256 - 1;
  t.ok(y > 0.482 && y < 0.51, `the gap begins at ${y.toFixed(3)}`);
});

t.test('a smile that closes leaves no line of teeth', async (t) => {
  const run = await openBuilt(rendererGraph());
  const table = smiling(0.09);
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(table.flat()) };
  const closing = DIRECTIONS.upperDown
    .slice(7)
    .map((value, i) => 0.05 * (value + DIRECTIONS.lowerUp[7 + i]!));
  const x_d = { dims: [1, 21, 3], data: posed(AT_REST, closing, table) };
  const teeth = { ...PICTURE, data: drawing([0.385, 0.47], 2) };
  const out = numbers((await run({ f_s: teeth, x_s, x_d })).out);
  const column = Array.from({ length: 80 }, (_, row) => out[(340 + row) * SIDE + 256]!);
  t.ok(
    Math.max(...column) < 0.75,
    `the brightest pixel of the shut mouth: ${Math.max(...column).toFixed(3)}`,
  );
  const darkest = Array.from({ length: 60 }, (_, x) =>
    Math.min(...Array.from({ length: 80 }, (_, row) => out[(340 + row) * SIDE + 226 + x]!)),
  );
  const [least, most] = [Math.min(...darkest), Math.max(...darkest)];
  t.ok(least > 0.15 && most < 0.45, `the line of the lips is a shade of theirs: ${least.toFixed(3)} of .6`);
  t.ok(most - least < 0.06, `and no row of beads: within ${(most - least).toFixed(3)}`);
});

t.test('a lip of a laugh that goes far up is not seen where it was, too', async (t) => {
  const run = await openBuilt(fieldGraph());
  const table = smiling(0.18);
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(table.flat()) };
  const up = DIRECTIONS.lowerUp.slice(7).map((value) => 0.13 * value);
  const { field } = await run({
    f_s: PICTURE,
    x_s,
    x_d: { dims: [1, 21, 3], data: posed(AT_REST, up, table) },
  });
  const source = (row: number) => row + 128 * numbers(field)[65536 + 256 * row + 128]!;
  const steps = Array.from({ length: 60 }, (_, i) => source(181 + i) - source(180 + i));
  t.ok(source(176) > 188, 'the lip moves by more than twelve cells');
  t.ok(
    Math.min(...steps) > 0.2,
    `each row shows what lies below the row above: ${Math.min(...steps).toFixed(2)}`,
  );
});

t.test('painted lips do not part below a finger', async (t) => {
  const run = await openBuilt(fieldGraph());
  const finger = 0.06;
  const painted = PICTURE.data.map((_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE].map((at) => (2 * at + 1) / SIDE - 1) as [
      number,
      number,
    ];
    const lips = Math.abs(x) < 0.2 && Math.abs(y - 0.475) < 0.06;
    return lips && x < finger
      ? [0.7, 0.1, 0.15][Math.floor(i / SIDE ** 2)]!
      : [0.8, 0.6, 0.5][Math.floor(i / SIDE ** 2)]!;
  });
  const drawn = async (data: Float32Array) => {
    const x_d = { ...REST, data: posed(AT_REST, jaw(0.06)) };
    const { field } = await run({ f_s: { ...PICTURE, data }, x_s: REST, x_d });
    const keep = numbers(field).subarray(2 * 65536 + 180 * 256, 2 * 65536 + 210 * 256);
    return (x: number) => keep.some((share, i) => i % 256 === Math.round(128 * (x + 1)) && share < 0.5);
  };
  const [covered, free] = [await drawn(painted), await drawn(PICTURE.data)];
  t.same([-0.1, 0, finger + 0.04].map(covered), [true, true, false]);
  t.same([-0.1, 0, finger + 0.04].map(free), [true, true, true]);
});

t.test('no line is drawn between lips that the picture shows shut', async (t) => {
  const run = await openBuilt(fieldGraph());
  const x_d = {
    ...REST,
    data: posed(
      AT_REST,
      DIRECTIONS.press.slice(7).map((value) => 0.01 * value),
    ),
  };
  const { field } = await run({ f_s: PICTURE, x_s: REST, x_d });
  const keep = numbers(field).subarray(2 * 65536 + 152 * 256, 3 * 65536);
  t.ok(
    keep.every((share) => share === 1),
    'the whole picture stays in the rows of the mouth',
  );
});
