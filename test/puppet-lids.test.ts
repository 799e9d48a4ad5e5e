import t from 'tap';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import { KEYPOINT_TABLE, KEYPOINTS } from '../dist/packs/puppet/keypoints.js';
import { rendererGraph } from '../dist/packs/puppet/renderer.js';
import { close } from './support/close.js';
import { numbers, openBuilt } from './support/graphs.js';
import { AT_REST, checkPicture, PICTURE, posed, REST, SIDE, withEyes } from './support/puppet.js';

/** How far a picture differs from the source, by rows. */
async function changedRows(expression: readonly number[], canonical = KEYPOINT_TABLE): Promise<number[]> {
  const run = await openBuilt(rendererGraph());
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(canonical.flat()) };
  const x_d = { dims: [1, 21, 3], data: posed(AT_REST, expression, canonical) };
  const out = numbers((await run({ f_s: PICTURE, x_s, x_d })).out);
  const rows = new Array<number>(SIDE).fill(0);
  for (const [i, value] of out.entries()) {
    const row = Math.floor(i / SIDE) % SIDE;
    rows[row] = Math.max(rows[row]!, Math.abs(value - PICTURE.data[i]!));
  }
  return rows;
}

t.test('a blink moves the lid and nothing above: brows and rims stay', async (t) => {
  const changed = await changedRows(DIRECTIONS.lid.slice(7));
  const rowOf = (y: number) => Math.floor(((y + 1) * SIDE) / 2);
  const brow = rowOf(KEYPOINTS.browL.at[1] + 0.03);
  t.ok(Math.max(...changed.slice(0, brow)) < 1e-6, 'the lower edge of the brow and all above it');
  t.ok(Math.max(...changed.slice(rowOf(-0.09), rowOf(-0.01))) > 0.05, 'the eye shuts');
  t.ok(Math.max(...changed.slice(rowOf(0.04))) < 1e-6, 'below the eye');
});

/** The brightness in the middle of the right lid when it is shut, in a picture whose rows are as bright as said. */
async function shutLid(brightness: (y: number) => number): Promise<number> {
  const run = await openBuilt(rendererGraph());
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  const rows = PICTURE.data.map((_, i) => brightness((2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1));
  const out = numbers((await run({ f_s: { ...PICTURE, data: withEyes(rows) }, x_s: REST, x_d })).out);
  const [row, column] = [-0.05, 0.243].map((at) => Math.round(((at + 1) * SIDE) / 2)) as [number, number];
  return out[row * SIDE + column]!;
}

t.test('a lid is of skin: not of shadow, not of what glasses reflect', async (t) => {
  const between = (y: number, from: number, to: number) => y > from && y < to;
  const shadow = await shutLid((y) => (between(y, -0.11, -0.02) ? 0.05 : 0.5));
  t.ok(shadow > 0.4 && shadow < 0.6, `below a deep-set eye's shadow: ${shadow.toFixed(3)}`);
  const light = await shutLid((y) => (between(y, -0.12, -0.105) ? 1 : 0.5));
  t.ok(light > 0.4 && light < 0.62, `below a reflection: ${light.toFixed(3)}`);
});

t.test('a lid is of what skin there is above the eye, with its grain', async (t) => {
  const run = await openBuilt(rendererGraph());
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  const grain = PICTURE.data.map((_, i) => 0.5 + 0.02 * Math.sin((i % SIDE) / 2));
  const out = numbers((await run({ f_s: { ...PICTURE, data: withEyes(grain) }, x_s: REST, x_d })).out);
  const row = Math.round(((-0.05 + 1) * SIDE) / 2);
  const lid = Array.from({ length: 24 }, (_, i) => out[row * SIDE + 306 + i]!);
  const span = Math.max(...lid) - Math.min(...lid);
  t.ok(span > 0.012, `${span.toFixed(4)} of .04 are left`);
});

t.test('make-up on a part of the skin above the eye comes down with the lid', async (t) => {
  const run = await openBuilt(rendererGraph());
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  const redness = async (below: number) => {
    const data = PICTURE.data.map((_, i) => {
      const y = (2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1;
      return y > below && y < -0.09 && i >= SIDE ** 2 ? 0.33 : 0.5;
    });
    const out = numbers((await run({ f_s: { ...PICTURE, data: withEyes(data) }, x_s: REST, x_d })).out);
    const [row, column] = [-0.05, 0.243].map((at) => Math.round(((at + 1) * SIDE) / 2)) as [number, number];
    return out[row * SIDE + column]! - out[(SIDE + row) * SIDE + column]!;
  };
  const [bare, painted] = [await redness(-0.09), await redness(-0.12)];
  t.ok(painted > bare + 0.08, `${painted.toFixed(3)} instead of ${bare.toFixed(3)}, of .17`);
});

t.test('a lid below a reflection has the grain of the skin below the eye', async (t) => {
  const run = await openBuilt(rendererGraph());
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  const span = async (grain: number) => {
    const data = PICTURE.data.map((_, i) => {
      const y = (2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1;
      return y > -0.13 && y < -0.095 ? 1 : 0.5 + (y > 0 ? grain : 0) * Math.sin((i % SIDE) / 2);
    });
    const out = numbers((await run({ f_s: { ...PICTURE, data: withEyes(data) }, x_s: REST, x_d })).out);
    const row = Math.round(((-0.05 + 1) * SIDE) / 2);
    const lid = Array.from({ length: 24 }, (_, i) => out[row * SIDE + 306 + i]!);
    return Math.max(...lid) - Math.min(...lid);
  };
  const [smooth, rough] = [await span(0), await span(0.02)];
  t.ok(rough > smooth + 0.01, `${rough.toFixed(4)} instead of ${smooth.toFixed(4)}`);
});

t.test("a lid takes the picture's lashes down with it", async (t) => {
  const run = await openBuilt(rendererGraph());
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  // Red lashes: what is drawn along the edge of a lid is dark, but not red.
  const lashes = PICTURE.data.map((_, i) => {
    const y = (2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1;
    const isLash = y > -0.0925 && y < -0.0825;
    return isLash ? [0.5, 0.05, 0.05][Math.floor(i / SIDE ** 2)]! : 0.5;
  });
  const out = numbers((await run({ f_s: { ...PICTURE, data: withEyes(lashes) }, x_s: REST, x_d })).out);
  const redness = (y: number) => {
    const at = Math.round(((y + 1) * SIDE) / 2) * SIDE + Math.round(((KEYPOINTS.browR.at[0] + 1) * SIDE) / 2);
    return out[at]! - out[SIDE ** 2 + at]!;
  };
  const rows = Array.from({ length: 24 }, (_, i) => -0.09 + 0.004 * i);
  const reddest = rows.reduce((best, y) => (redness(y) > redness(best) ? y : best));
  t.ok(reddest > -0.03, `lashes are at ${reddest.toFixed(3)}, where the eye shuts`);
  t.ok(redness(reddest) > 0.1 && redness(-0.07) < 0.06, 'and no longer above it');
});

t.test('of the far eye of a turned head, lashes beyond the corner come down, too', async (t) => {
  const { lidUpR, lidLoR } = KEYPOINTS;
  const [x0, y0] = [0, 1].map((axis) => (lidUpR.at[axis]! + lidLoR.at[axis]!) / 2) as [number, number];
  const turned = KEYPOINT_TABLE.map(([x, y, z], i) => {
    const isNarrow = i === lidUpR.index || i === lidLoR.index;
    return [isNarrow ? x0 + (x - x0) / 2 : x, y, z] as const;
  });
  const red = [0.5, 0.05, 0.05];
  const both = withEyes(new Float32Array(3 * SIDE * SIDE).fill(0.5));
  const data = both.map((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE].map((at) => (2 * at + 1) / SIDE - 1) as [
      number,
      number,
    ];
    if (x < 0) return value;
    if (y > -0.0925 && y < -0.0825 && Math.abs(x - x0) < 0.09) return red[Math.floor(i / SIDE ** 2)]!;
    return Math.hypot((x - x0) / 0.05, (y - y0) / 0.028) < 1 ? 0.1 : 0.5;
  });
  const run = await openBuilt(rendererGraph());
  const x_s = { dims: [1, 21, 3], data: Float32Array.from(turned.flat()) };
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7), turned) };
  const out = numbers((await run({ f_s: { ...PICTURE, data }, x_s, x_d })).out);
  const redness = (picture: ArrayLike<number>, y: number) => {
    const at = Math.round(((y + 1) * SIDE) / 2) * SIDE + Math.round(((x0 + 0.075 + 1) * SIDE) / 2);
    return picture[at]! - picture[SIDE ** 2 + at]!;
  };
  t.ok(redness(data, -0.0875) > 0.4, 'they are there');
  const [stays, comes] = [
    redness(out, -0.0875),
    Math.max(...[3, 4, 5, 6].map((i) => redness(out, -0.0875 + 0.01 * i))),
  ];
  t.ok(stays < 0.1 && comes > 0.2, `${stays.toFixed(3)} where they were, ${comes.toFixed(3)} below`);
});

t.test('what lies over an eye does not blink', async (t) => {
  const run = await openBuilt(rendererGraph());
  const hair = { ...PICTURE, data: checkPicture() };
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  const { out } = await run({ f_s: hair, x_s: REST, x_d });
  close(t, numbers(out), hair.data, 0, 'every pixel stays');
});

/** A band above the eyes so bright that it counts as a reflection on glasses. */
const shines = (y: number) => y > -0.13 && y < -0.095;

/** A picture of skin with eyes, changed at places of the crop. */
const skinWith = (change: (x: number, y: number) => number | undefined) =>
  withEyes(new Float32Array(3 * SIDE * SIDE).fill(0.5)).map((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE].map((at) => (2 * at + 1) / SIDE - 1) as [
      number,
      number,
    ];
    return change(x, y) ?? value;
  });

t.test('light on glasses beside the eye stays on the painted lid, other things do not', async (t) => {
  const run = await openBuilt(rendererGraph());
  const x_d = { ...REST, data: posed(AT_REST, DIRECTIONS.lid.slice(7)) };
  const { lidUpR, lidLoR } = KEYPOINTS;
  const [x0, y0] = [0, 1].map((axis) => (lidUpR.at[axis]! + lidLoR.at[axis]!) / 2) as [number, number];
  const shut = async (spot: number) => {
    const data = skinWith((x, y) => {
      if (shines(y)) return 1;
      return Math.hypot(x - x0 - 0.1, y - y0 + 0.03) < 0.009 ? spot : undefined;
    });
    const out = numbers((await run({ f_s: { ...PICTURE, data }, x_s: REST, x_d })).out);
    const [row, column] = [y0 - 0.03, x0 + 0.1].map((at) => Math.round(((at + 1) * SIDE) / 2)) as [
      number,
      number,
    ];
    return out[row * SIDE + column]!;
  };
  const [light, dark] = [await shut(1), await shut(0.2)];
  t.ok(light > 0.9 && dark > 0.26, `light ${light.toFixed(3)} of 1, dark ${dark.toFixed(3)} of .2`);
});

t.test('eyes that are shut in the picture do not blink', async (t) => {
  const flat = KEYPOINT_TABLE.map(([x, y, z], i) => {
    const isLid = i >= KEYPOINTS.lidUpL.index && i <= KEYPOINTS.lidLoR.index;
    return [x, isLid ? -0.05 + (y > -0.05 ? 0.005 : -0.005) : y, z] as const;
  });
  t.ok(Math.max(...(await changedRows(DIRECTIONS.lid.slice(7), flat))) < 1e-6, 'every pixel stays');
});
