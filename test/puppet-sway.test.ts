import { type Motion, Talker } from 'kdtalker';
import t from 'tap';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import { KEYPOINT_TABLE, KEYPOINTS } from '../dist/packs/puppet/keypoints.js';
import { rendererGraph } from '../dist/packs/puppet/renderer.js';
import { correlation } from './support/correlation.js';
import { numbers, openBuilt } from './support/graphs.js';
import { AT_REST, posed } from './support/puppet.js';
import { portraitFile, SAMPLE_RATE, SAMPLES_PER_FRAME, samplesOf, speechFile } from './support/talker.js';

const FPS = 25;
const WINDOW = 64;
const SEEDS = 6;

const talker = await Talker.load('puppet', { threads: 1 });
t.teardown(() => talker.close());
const portrait = await talker.portrait(portraitFile);

/** Somebody reads, pauses for two seconds and reads again. */
const spoken = await samplesOf(speechFile);
const pause = new Float32Array(2 * SAMPLE_RATE);
const samples = Float32Array.from([...spoken, ...pause, ...spoken]);
const loudness = Array.from({ length: Math.floor(samples.length / SAMPLES_PER_FRAME) }, (_, frame) => {
  const part = samples.subarray(frame * SAMPLES_PER_FRAME, (frame + 1) * SAMPLES_PER_FRAME);
  return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
});

const motionOf = (of: Float32Array, seed: number): Promise<Motion> =>
  talker.animate(portrait, { samples: of, sampleRate: SAMPLE_RATE }, { seed }).motion();
const course = ({ values, frames }: Motion, index: number) =>
  Array.from({ length: frames }, (_, frame) => values[70 * frame + index]!);

/** How fast the head turns from the frame before, degrees a second; the first two frames have the same. */
function speeds(motion: Motion): number[] {
  const angles = [1, 2, 3].map((axis) => course(motion, axis));
  const from = (frame: number) => angles.map((angle) => angle[frame]! - angle[frame - 1]!);
  return Array.from({ length: motion.frames }, (_, frame) => FPS * Math.hypot(...from(Math.max(frame, 1))));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

t.test(
  'the head listens: it moves with the voice, rests in pauses and does not stop at windows',
  async (t) => {
    const made = await Promise.all(
      Array.from({ length: SEEDS }, (_, seed) => motionOf(samples, seed).then(speeds)),
    );
    const frames = made[0]!.length;
    const heard = loudness.slice(0, frames);
    const together = mean(made.map((speed) => correlation(speed, heard)));
    t.comment(`speed and loudness correlate by ${together.toFixed(2)}`);
    t.ok(together > 0.4, `speed and loudness correlate: ${together}`);
    const average = (wanted: (frame: number) => boolean) =>
      mean(made.flatMap((speed) => speed.filter((_, frame) => wanted(frame))));
    const whole = average(() => true);
    const joins = average((frame) => frame > 0 && frame % WINDOW === 0);
    t.comment(`${whole.toFixed(1)} degrees a second, ${joins.toFixed(1)} where windows join`);
    t.ok(joins > 0.9 * whole, `windows join at ${joins} degrees a second, others at ${whole}`);
    const quiet = spoken.length / SAMPLES_PER_FRAME;
    const resting = average((frame) => frame > quiet + 0.5 * FPS && frame < quiet + 1.8 * FPS);
    t.comment(`${resting.toFixed(1)} degrees a second in a pause`);
    t.ok(resting < 0.25 * whole, `in a pause ${resting} degrees a second, of ${whole}`);
  },
);

t.test('it breathes, also from window to window and where nobody speaks', async (t) => {
  const motion = await motionOf(new Float32Array(9 * SAMPLE_RATE), 3);
  const lift = course(motion, 5);
  const breath = lift.map((_, frame) => Math.sin((2 * Math.PI * (frame + 1)) / 100));
  t.ok(correlation(lift, breath) > 0.95, `as a wave of four seconds: ${correlation(lift, breath)}`);
  t.ok(Math.max(...lift) > 0.002 && Math.max(...lift) < 0.0045, `by ${Math.max(...lift)}`);
});

t.test('the eyes jump from place to place and rest between', async (t) => {
  const [left, right] = [KEYPOINTS.lidUpL.index, KEYPOINTS.lidUpR.index].map((index) => 7 + 3 * index);
  let [jumps, resting, count] = [0, 0, 0];
  for (let seed = 0; seed < SEEDS; seed++) {
    const motion = await motionOf(samples, seed);
    const [a, b] = [course(motion, left!), course(motion, right!)];
    const across = a.map((value, frame) => (value + b[frame]!) / 2);
    for (let frame = 3; frame < across.length; frame++) {
      const [before, now] = [across[frame - 3]!, across[frame]!];
      if (Math.abs(now - before) > 0.003 && Math.abs(across[frame - 1]! - before) <= 0.003) jumps++;
      if (Math.abs(now - across[frame - 1]!) < 0.0005) resting++;
      count++;
    }
    t.ok(Math.max(...across.map(Math.abs)) < 0.013);
  }
  const everySeconds = count / FPS / jumps;
  t.ok(everySeconds > 0.4 && everySeconds < 1.5, `every ${everySeconds.toFixed(2)} s`);
  t.ok(resting > 0.6 * count, `resting in ${resting} of ${count} frames`);
});

const SIDE = 512;
const EYE = { column: 194, row: 242 };

/** Where the dark iris of the left eye is drawn, in pixels from where the picture has it; the face is posed and looks across. */
async function irisAt(
  run: Awaited<ReturnType<typeof openBuilt>>,
  pose: Partial<typeof AT_REST>,
  across: number,
) {
  const area = SIDE * SIDE;
  // Skin and the white of the eye differ in green and blue alone: the iris is looked for in red.
  const data = new Float32Array(3 * area).fill(0.8);
  for (let i = 0; i < area; i++) {
    const [x, y] = [(i % SIDE) - EYE.column, Math.floor(i / SIDE) - EYE.row];
    const skin = Math.hypot(x / 40, y / 10) > 1;
    for (let c = 0; c < 3; c++) if (Math.hypot(x, y) < 6) data[c * area + i] = 0.1;
    for (let c = 1; c < 3; c++) if (skin) data[c * area + i] = 0.5;
  }
  const look = DIRECTIONS.lookAcross.slice(7).map((value) => across * value);
  const { out } = await run({
    f_s: { dims: [1, 3, SIDE, SIDE], data },
    x_s: { dims: [1, 21, 3], data: Float32Array.from(KEYPOINT_TABLE.flat()) },
    x_d: { dims: [1, 21, 3], data: posed({ ...AT_REST, ...pose }, look) },
  });
  const shown = numbers(out);
  let [sum, weight] = [0, 0];
  for (let i = 0; i < area; i++) {
    const dark = Math.max(0.7 - shown[i]!, 0);
    sum += dark * ((i % SIDE) - EYE.column);
    weight += dark;
  }
  return sum / weight;
}

t.test('the irises follow a glance, and stay on the viewer when the head turns', async (t) => {
  const run = await openBuilt(rendererGraph());
  t.ok(Math.abs(await irisAt(run, {}, 0)) < 0.05);
  const glance = await irisAt(run, {}, 0.01);
  t.ok(glance > 1.5 && glance < 2.6, `to the right by ${glance} pixels`);
  // The head turns to the left of the picture; without a hold, the eyes would turn with it.
  const hold = 0.0917 * Math.sin((8 * Math.PI) / 180);
  const held = (await irisAt(run, { yaw: 8 }, 0)) - (await irisAt(run, { yaw: 8 }, -hold));
  t.ok(held > 1.5, `held by ${held} pixels`);
});
