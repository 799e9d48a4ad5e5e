import { type AnimateOptions, Motion, type Region } from 'kdtalker';
import t from 'tap';
import { REGIONS } from '../dist/packs/regions.js';
import { drawingPack, drivingKeypoints, loadDraft, portraitOf } from './support/keypoints.js';
import { fails } from './support/media.js';
import { near } from './support/networks.js';
import { loadBoth, portraitFile, randoms, speech } from './support/talker.js';

const FRAMES = 3;
const random = randoms(7);
const around = (spread: number) => spread * (2 * random() - 1);
const frame = () => [
  1 + around(0.2),
  ...[around(20), around(20), around(20)],
  ...[around(0.2), around(0.2), around(0.2)],
  ...Array.from({ length: 63 }, () => around(0.1)),
];
const canonical = Float32Array.from({ length: 63 }, () => around(1));
const source = Float32Array.from(frame());
const motion = new Motion(Float32Array.from(Array.from({ length: FRAMES }, frame).flat()));

/** The published renderer's keypoints (docs/model.md 14), by hand: whole ones, then some axes only. */
const WHOLE = [1, 2, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
const AXES: Record<number, number[]> = { 3: [1], 4: [1], 5: [2], 8: [2], 9: [1, 2] };
const LIPS = [6, 12, 14, 17, 19, 20];
const EYES = [11, 13, 15, 16, 18];

function follows(region: Region, keypoint: number, axis: number): boolean {
  if (region === 'all') return true;
  if (region === 'lip') return LIPS.includes(keypoint);
  if (region === 'eyes') return EYES.includes(keypoint);
  return region === 'exp' && (WHOLE.includes(keypoint) || (AXES[keypoint] ?? []).includes(axis));
}

type Matrix = number[][];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transposed = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));

/** R = (Rz(roll) Ry(yaw) Rx(pitch))^T of a frame of motion. */
function rotation([, yaw, pitch, roll]: ArrayLike<number> & Iterable<number>): Matrix {
  const [x, y, z] = [pitch!, yaw!, roll!].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const rx = [
    [1, 0, 0],
    [0, Math.cos(x), -Math.sin(x)],
    [0, Math.sin(x), Math.cos(x)],
  ];
  const ry = [
    [Math.cos(y), 0, Math.sin(y)],
    [0, 1, 0],
    [-Math.sin(y), 0, Math.cos(y)],
  ];
  const rz = [
    [Math.cos(z), -Math.sin(z), 0],
    [Math.sin(z), Math.cos(z), 0],
    [0, 0, 1],
  ];
  return transposed(product(product(rz, ry), rx));
}

/** x_d of a frame as docs/model.md 4 and 14 say it. */
function expected(index: number, region: Region, relative: boolean): number[] {
  const at = (i: number) => motion.values.slice(70 * i, 70 * (i + 1));
  const [now, first] = [at(index), at(0)];
  const posed = region === 'all' || region === 'pose';
  const turned = relative
    ? product(product(rotation(now), transposed(rotation(first))), rotation(source))
    : rotation(now);
  const R = posed ? turned : rotation(source);
  const scale = source[0]! * (region === 'all' && relative ? now[0]! / first[0]! : 1);
  const value = (c: number) => (relative ? source[c]! + now[c]! - first[c]! : now[c]!);
  return Array.from({ length: 63 }, (_, i) => {
    const [keypoint, axis] = [Math.floor(i / 3), i % 3];
    const expression = follows(region, keypoint, axis) ? value(7 + i) : source[7 + i]!;
    const [row] = product([[...canonical.slice(3 * keypoint, 3 * keypoint + 3)]], R);
    const shift = axis === 2 ? 0 : posed ? value(4 + axis) : source[4 + axis]!;
    return scale * (row![axis]! + expression) + shift;
  });
}

/** A pack that does not say what its regions are, so that they are the published ones. */
function draft() {
  const { regions: _, ...rest } = drawingPack();
  return rest;
}

for (const device of ['cpu', 'guarded'])
  t.test(`a replayed motion, every region in both modes: ${device}`, async (t) => {
    const talker = await loadDraft(t, draft(), { device });
    const portrait = await portraitOf(t, talker, canonical, undefined, source);
    for (const mode of ['absolute', 'relative'] as const) {
      const seen = new Set<string>();
      for (const region of REGIONS) {
        const drawn = await drivingKeypoints(talker.animate(portrait, motion, { region, mode }));
        for (const [i, keypoints] of drawn.entries())
          near(
            t,
            keypoints,
            expected(i, region, mode === 'relative'),
            5e-6,
            `${mode}, ${region}, frame ${i}`,
          );
        seen.add(drawn.at(-1)!.join());
      }
      t.equal(seen.size, REGIONS.length, 'no region is like another');
    }
  });

t.test(
  'speech: what is outside of a region is the portrait, what is inside is what it would be',
  async (t) => {
    const talker = await loadDraft(t, draft());
    const portrait = await talker.portrait(portraitFile);
    const motionOf = async (options: AnimateOptions) =>
      (await talker.animate(portrait, speech(FRAMES), options).motion()).values;
    const [all, rest] = [await motionOf({}), await motionOf({ still: true, expressionScale: 0 })];
    for (const region of REGIONS) {
      const values = await motionOf({ region });
      const wrong = values.findIndex((value, i) => {
        const c = i % 70;
        if (c === 0) return region === 'all' && value !== all[i];
        const pose = c < 7 && (region === 'all' || region === 'pose');
        const inside = pose || (c >= 7 && follows(region, Math.floor((c - 7) / 3), (c - 7) % 3));
        return value !== (inside ? all : rest)[i];
      });
      t.equal(wrong, -1, region);
    }
  },
);

t.test("a pack's own regions, and edits on top of a region", async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const motionOf = async (options: AnimateOptions) =>
    (await talker.animate(portrait, speech(2), options).motion()).values;
  const [all, rest] = [await motionOf({}), await motionOf({ still: true, expressionScale: 0 })];
  const lips = await motionOf({ region: 'lip' });
  const [LIP_LOW, LID] = [7 + 3 * 20 + 1, 7 + 3 * 10 + 1];
  t.not(all[LIP_LOW], rest[LIP_LOW]);
  t.equal(lips[LIP_LOW], all[LIP_LOW], "the puppet's lower lip is a lip");
  t.not(all[LID], rest[LID]);
  t.equal(lips[LID], rest[LID], 'and its lid is none');
  t.equal((await motionOf({ region: 'eyes' }))[LID], all[LID]);
  const turned = await motionOf({ region: 'lip', poseOffset: { yaw: 5 } });
  t.equal(turned[1], Math.fround(rest[1]! + 5), 'an offset turns a head that does not follow');
  t.same(
    turned.filter((_, i) => i % 70 !== 1),
    lips.filter((_, i) => i % 70 !== 1),
  );
  for (const region of ['mouth', 3, null])
    await fails(
      t,
      async () => talker.animate(portrait, speech(2), { region: region as never }),
      'INVALID_ARGUMENT',
      /'all', 'exp', 'pose', 'lip' or 'eyes' for region/,
    );
});
