import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Motion, Talker } from 'kdtalker';
import t from 'tap';
import { stepsBesideClosures } from '../dist/build/visemes/evaluation.js';
import { classesAt, type Segment } from '../dist/build/visemes/labels.js';
import { closures, middles } from '../dist/build/visemes/measure.js';
import { CHANNEL } from '../dist/packs/puppet/audio.js';
import { KEYPOINTS, type KeypointName } from '../dist/packs/puppet/keypoints.js';
import { range } from '../dist/packs/puppet/linalg.js';
import { WEIGHTS } from '../dist/packs/puppet/visemes.js';
import { CLASSES, CURVES } from '../dist/packs/visemes.js';
import { close } from './support/close.js';
import { checkPicture } from './support/puppet.js';
import { loadTalker, type Pcm, randoms, SAMPLE_RATE, samplesOf } from './support/talker.js';

const golden = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url));
/** A synthetic voice that the network never heard, the times of its phonemes, and what the network says to it in PyTorch. */
const CLIP = golden('visemes.wav');
const LABELS = JSON.parse(readFileSync(golden('visemes.json'), 'utf8')) as {
  segments: Segment[];
  outputs: { frames: number[]; values: number[][] };
};

/** The synthetic picture as it is: keypoints are those of the table, so the lips of the picture are closed. */
const picture = () => {
  const planes = checkPicture();
  const side = 512 * 512;
  const data = Uint8Array.from(
    { length: 3 * side },
    (_, i) => 255 * planes[(i % 3) * side + Math.floor(i / 3)]!,
  );
  return { data, width: 512, height: 512, channels: 3 as const };
};

/** The channels of each frame that the network fills: curves, then chances. */
async function shapesOf(talker: Talker, speech: string | Pcm): Promise<number[][]> {
  const { features } = (await talker.trace(picture(), speech, { portrait: { crop: 'none' } })).tensors;
  const size = features!.dims[1]!;
  return Array.from({ length: features!.dims[0]! }, (_, i) => [
    ...features!.data.subarray(i * size + CHANNEL.curves, i * size + CHANNEL.end),
  ]);
}

async function motionOf(talker: Talker, speech: string | Pcm, seed = 0): Promise<Motion> {
  const portrait = await talker.portrait(picture(), { crop: 'none' });
  return talker.animate(portrait, speech, { seed }).motion();
}

/** By how much one keypoint's expression exceeds another's in each frame, along x (0) or y (1), in crop units. */
function differences(motion: Motion, [more, less]: readonly [KeypointName, KeypointName], axis: 0 | 1) {
  const at = (name: KeypointName) => 3 * KEYPOINTS[name].index + axis;
  return Array.from({ length: motion.frames }, (_, i) => {
    const { expression } = motion.frame(i);
    return expression[at(more)]! - expression[at(less)]!;
  });
}

/** How far the lips are apart in each frame, in crop units. */
const gapsOf = (motion: Motion) => differences(motion, ['lipLo', 'lipUp'], 1);

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Lips that are less apart are shut: a pixel and a half of 512. */
const SHUT = 0.006;

t.test('the weights are those of the card in training/visemes', async (t) => {
  const bytes = readFileSync(WEIGHTS);
  const hash = createHash('sha256').update(bytes).digest('hex');
  t.equal(hash, '7863bef1d90f963f88df3f30c613ca20232888fc5e2ab91f9328c5d7ed7400b2');
  t.equal(bytes.length, 2 * 85_221);
});

t.test('the network says what it says in PyTorch, and hears what is spoken', async (t) => {
  const talker = await loadTalker(t);
  const shapes = await shapesOf(talker, CLIP);
  const { frames, values } = LABELS.outputs;
  const found = frames.map((frame) => shapes[frame]!);
  close(t, found.flat(), values.flat(), 1e-3, 'curves and chances');
  const classes = classesAt(LABELS.segments, middles(shapes.length));
  const likeliest = shapes.map((shape) => {
    const chances = shape.slice(CURVES.length);
    return chances.indexOf(Math.max(...chances));
  });
  const right = likeliest.filter((name, i) => name === classes[i]).length / classes.length;
  t.ok(right >= 0.65, `${right.toFixed(3)} of the frames have the right of ${CLASSES.length} classes`);
});

t.test('the lips shut for p, b and m, through the whole pack', async (t) => {
  const talker = await loadTalker(t);
  for (const seed of [0, 3]) {
    const gaps = gapsOf(await motionOf(talker, CLIP, seed));
    const found = closures([{ segments: LABELS.segments, gaps }], SHUT);
    t.comment(`seed ${seed}: ${JSON.stringify(found)}`);
    t.ok(found.events >= 4, `${found.events} closures within speech`);
    t.equal(found.recall, 1, 'all of them are made');
    t.ok(found.precision >= 0.6, `and few others: ${found.precision.toFixed(2)} are right`);
  }
});

t.test('the mouth steps smoothly but into and out of closures', async (t) => {
  const talker = await loadTalker(t);
  const gaps = gapsOf(await motionOf(talker, CLIP));
  const steps = stepsBesideClosures(gaps);
  t.ok(Math.max(...steps) <= 10, `at most ${Math.max(...steps).toFixed(1)} pixels a frame`);
});

t.test('u and w make the mouth narrower, i does not', async (t) => {
  const talker = await loadTalker(t);
  const wider = differences(await motionOf(talker, CLIP), ['mouthR', 'mouthL'], 0);
  const classes = classesAt(LABELS.segments, middles(wider.length));
  const of = (name: (typeof CLASSES)[number]) =>
    256 * meanOf(wider.filter((_, i) => CLASSES[classes[i]!] === name));
  t.ok(of('ou') < -40, `u, w: ${of('ou').toFixed(1)} pixels wider`);
  t.ok(of('ih') > -5, `i: ${of('ih').toFixed(1)} pixels wider`);
});

/** How far the lips are apart when the curve `open` is 1. */
const WIDE_OPEN = 0.12;

t.test('sound without speech leaves the mouth shut', async (t) => {
  const talker = await loadTalker(t);
  const next = randoms(1);
  const at = (i: number, hz: number) => Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE);
  const sounds: Record<string, [sample: (i: number) => number, mean: number]> = {
    silence: [() => 0, 0.05],
    noise: [() => 0.1 * (2 * next() - 1), 0.05],
    hum: [(i) => 0.2 * at(i, 50) + 0.1 * at(i, 150), 0.1],
    music: [(i) => music(i, at), 0.1],
    'a melody': [(i) => melody(i, at), 0.1],
    'a pad of saws': [(i) => pad(i, at), 0.1],
    'a tune of pure tones': [(i) => tune(i, at, [1]), 0.1],
    'a tune of square waves': [(i) => tune(i, at, [1, 3, 5, 7, 9, 11]), 0.1],
    'a tune of an organ': [(i) => tune(i, at, [1, 2, 3, 4, 6, 8]), 0.1],
    'bursts of noise': [(i) => (Math.floor(i / 4000) % 2) * 0.2 * (2 * next() - 1), 0.05],
  };
  for (const [name, [sample, most]] of Object.entries(sounds)) {
    const samples = Float32Array.from({ length: 130 * 640 }, (_, i) => sample(i));
    const gaps = gapsOf(await motionOf(talker, { samples, sampleRate: SAMPLE_RATE }));
    const open = gaps.map((gap) => Math.max(gap, 0) / WIDE_OPEN);
    const mean = meanOf(open);
    t.ok(
      mean < most,
      `${name}: open ${mean.toFixed(3)} on the mean, ${Math.max(...open).toFixed(2)} at most`,
    );
  }
});

/** Chords of four notes with overtones that decay, twice a second. */
function music(i: number, at: (i: number, hz: number) => number): number {
  const beat = Math.floor(i / 8000);
  const root = [220, 174.6, 261.6, 196][beat % 4]!;
  const decay = Math.exp(-(i % 8000) / 4000);
  const note = (hz: number) => at(i, hz) + 0.5 * at(i, 2 * hz) + 0.25 * at(i, 3 * hz);
  return 0.08 * decay * [1, 1.25, 1.5, 2].reduce((sum, ratio) => sum + note(root * ratio), 0);
}

/** Notes of a broken chord, five a second. */
function melody(i: number, at: (i: number, hz: number) => number): number {
  const hz = 220 * 2 ** ([0, 4, 7, 12, 7, 4][Math.floor(i / 3200) % 6]! / 12);
  const overtones = [1, 2, 3, 4, 5, 6].reduce((sum, k) => sum + at(i, hz * k) / k, 0);
  return 0.2 * Math.exp(-(i % 3200) / 1800) * overtones;
}

/** Chords of three notes with many overtones, held for 1.3 s each. */
function pad(i: number, at: (i: number, hz: number) => number): number {
  const length = 20_800;
  const root = [130.8, 110, 87.3, 98][Math.floor(i / length) % 4]!;
  const swell = Math.min((i % length) / 2400, 1, (length - (i % length)) / 2400);
  const saw = (hz: number) => range(1, 25).reduce((sum, k) => sum + at(i, hz * k) / k, 0);
  return 0.08 * swell * [1, 1.25, 1.5].reduce((sum, ratio) => sum + saw(root * ratio), 0);
}

/** Notes that are held for .3 and .6 s; vowels for one who hears no further. */
function tune(i: number, at: (i: number, hz: number) => number, overtones: readonly number[]): number {
  const length = 4800;
  const hz = 262 * 2 ** ([0, 2, 4, 4, 7, 5, 4, 2, 2, 0][Math.floor(i / length) % 10]! / 12);
  const swell = Math.min((i % length) / 320, 1, (length - (i % length)) / 640);
  return 0.2 * swell * overtones.reduce((sum, k) => sum + at(i, hz * k) / k, 0);
}

t.test('a closure in the first frame of the second window is shut', async (t) => {
  const talker = await loadTalker(t);
  const samples = await samplesOf(CLIP);
  const gaps = gapsOf(await motionOf(talker, CLIP));
  // Silence before the sound moves a closure to frame 64. By whole steps of five frames: the windows of frames begin at whole columns,
  // of which there are 3.2 a frame.
  const frame = gaps.findIndex((gap, i) => gap < SHUT && gaps[i + 2]! > 0.03 && i % 5 === 4);
  const moved = new Float32Array(samples.length + (64 - frame) * 640);
  moved.set(samples, (64 - frame) * 640);
  const late = gapsOf(await motionOf(talker, { samples: moved, sampleRate: SAMPLE_RATE }));
  t.ok(
    late[64]! < SHUT,
    `frames 63 to 66: ${late
      .slice(63, 67)
      .map((gap) => gap.toFixed(4))
      .join(' ')}`,
  );
});
