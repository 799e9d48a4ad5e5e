import type { Motion, Talker } from 'kdtalker';
import t from 'tap';
import { KEYPOINTS, SEAM } from '../dist/packs/puppet/keypoints.js';
import { correlation } from './support/correlation.js';
import { golden } from './support/golden.js';
import {
  framesOf,
  loadBoth,
  type Pcm,
  portraitFile,
  SAMPLE_RATE,
  SAMPLES_PER_FRAME,
  samplesOf,
  speech,
  speechFile,
} from './support/talker.js';

const SEED = 3;
const LIP_UP_Y = 3 * 19 + 1;
const LIP_LO_Y = 3 * 20 + 1;
const LID_L_Y = 3 * 10 + 1;
/** Movement of the upper lid that closes the eye. */
const SHUT_LID = 0.065;

/**
 * How far the lips are further apart than in the picture, in crop units: 0.01 is 2.6 pixels of 512. The person smiles: when she shuts
 * her mouth, it is below zero.
 */
function gapsOf(motion: Motion): number[] {
  return Array.from({ length: motion.frames }, (_, i) => {
    const { expression } = motion.frame(i);
    return expression[LIP_LO_Y]! - expression[LIP_UP_Y]!;
  });
}

/** How far the lips are apart in the picture, in crop units. */
async function ownGapOf(talker: Talker): Promise<number> {
  const { x_s: keypoints } = (await talker.trace(portraitFile, speech(1))).tensors;
  const heightOf = (index: number) => keypoints!.data[3 * index + 1]!;
  return heightOf(KEYPOINTS.lipLo.index) - heightOf(KEYPOINTS.lipUp.index) - 2 * SEAM.lip;
}

/** Root mean square of each video frame's samples, averaged over three frames. */
function loudnessOf({ samples }: Pcm, frames: number): number[] {
  const rms = Array.from({ length: frames }, (_, i) => {
    const frame = samples.subarray(i * SAMPLES_PER_FRAME, (i + 1) * SAMPLES_PER_FRAME);
    return Math.sqrt(frame.reduce((sum, value) => sum + value * value, 0) / SAMPLES_PER_FRAME);
  });
  return rms.map((_, i) => {
    const near = rms.slice(Math.max(0, i - 1), i + 2);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

// Measured with five seeds: 0.385 to 0.397, and 0.340 to 0.358. Loudness knows nothing of closures and of rounding, which the mouth makes.
const voices: Record<string, { sound: () => Promise<Pcm>; atLeast: number }> = {
  'a reader, recorded': {
    sound: async () => ({ samples: await samplesOf(speechFile), sampleRate: SAMPLE_RATE }),
    atLeast: 0.37,
  },
  'a synthetic voice': {
    sound: async () => ({ samples: golden('audio.safetensors').samples!.data, sampleRate: SAMPLE_RATE }),
    atLeast: 0.33,
  },
};

for (const [name, { sound, atLeast }] of Object.entries(voices)) {
  t.test(`the mouth opens with the speech: ${name}`, async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const voice = await sound();
    const apart = await ownGapOf(talker);
    const found: number[] = [];
    for (const seed of [SEED, 0, 1, 7, 42]) {
      const motion = await talker.animate(portrait, voice, { seed }).motion();
      const gaps = gapsOf(motion);
      found.push(correlation(gaps, loudnessOf(voice, motion.frames)));
      t.ok(Math.max(...gaps) > 0.03, `seed ${seed}: it opens by ${Math.max(...gaps).toFixed(3)}`);
      t.ok(Math.max(...gaps) < 0.15, `seed ${seed}: and not too far`);
      t.ok(Math.min(...gaps) > -apart - 0.02, `seed ${seed}: shut lips stay in front of each other`);
    }
    t.comment(`correlation with the loudness: ${found.map((r) => r.toFixed(3)).join(', ')}`);
    for (const r of found) t.ok(r >= atLeast, `${r.toFixed(3)} is ${atLeast} or more`);
    const late = [-2, -1, 0, 1, 2].map((lag) => laggedCorrelation(talker, portrait, voice, lag));
    const byLag = await Promise.all(late);
    t.ok(
      Math.abs(byLag.indexOf(Math.max(...byLag)) - 2) <= 1,
      `and in time: ${byLag.map((r) => r.toFixed(2)).join(' ')}`,
    );
  });
}

type Both = Awaited<ReturnType<typeof loadBoth>>;

async function laggedCorrelation(
  talker: Both['talker'],
  portrait: Both['portrait'],
  speech: Pcm,
  lag: number,
): Promise<number> {
  const motion = await talker.animate(portrait, speech, { seed: SEED }).motion();
  const [gaps, loudness] = [gapsOf(motion), loudnessOf(speech, motion.frames)];
  const from = Math.max(0, lag);
  const to = motion.frames + Math.min(0, lag);
  return correlation(gaps.slice(from, to), loudness.slice(from - lag, to - lag));
}

t.test('the mouth is shut where nobody speaks', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  let state = 1;
  const noise = () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  };
  const quiet: Record<string, () => number> = {
    'digital silence': () => 0,
    'noise at -60 dB': () => 0.001 * noise(),
    'noise at -30 dB': () => 0.03 * noise(),
  };
  for (const [name, sample] of Object.entries(quiet)) {
    const samples = Float32Array.from({ length: 130 * SAMPLES_PER_FRAME }, sample);
    const gaps = gapsOf(
      await talker.animate(portrait, { samples, sampleRate: SAMPLE_RATE }, { seed: SEED }).motion(),
    );
    const widest = Math.max(...gaps);
    t.ok(widest < 0.01, `${name}: opens by at most ${widest.toFixed(4)}`);
  }
});

t.test('the mouth shuts in a pause', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const whole = await samplesOf(speechFile);
  const samples = whole.slice(0, 160 * SAMPLES_PER_FRAME);
  samples.fill(0, 30 * SAMPLES_PER_FRAME, 60 * SAMPLES_PER_FRAME);
  const gaps = gapsOf(
    await talker.animate(portrait, { samples, sampleRate: SAMPLE_RATE }, { seed: SEED }).motion(),
  );
  t.ok(Math.max(...gaps.slice(35, 56)) < 0.01, 'shut in the pause');
  t.ok(Math.max(...gaps.slice(64, 110)) > 0.03, 'open after it');
});

t.test('the head moves a little and smoothly', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const samples = await samplesOf(speechFile);
  for (const seed of [0, 1, 2, 3, 4]) {
    const motion = await talker.animate(portrait, { samples, sampleRate: SAMPLE_RATE }, { seed }).motion();
    const poses = Array.from({ length: motion.frames }, (_, i) => motion.frame(i));
    const limits = { yaw: [1.5, 20, 45], pitch: [0.8, 10, 25], roll: [0.8, 9, 20] } as const;
    for (const [angle, [fastest, largest, range]] of Object.entries(limits)) {
      const course = poses.map((pose) => pose[angle as keyof typeof limits]);
      const steps = course.slice(1).map((value, i) => Math.abs(value - course[i]!));
      t.ok(
        Math.max(...steps) < fastest,
        `seed ${seed}, ${angle}: at most ${Math.max(...steps).toFixed(2)} degrees a frame`,
      );
      t.ok(Math.max(...course.map(Math.abs)) < largest, `${angle}: within ${largest} degrees`);
      const moved = Math.max(...course) - Math.min(...course);
      t.ok(moved > 1 && moved < range, `${angle}: moves by ${moved.toFixed(1)} degrees`);
    }
    const jumps = poses.slice(2).map((pose, i) => Math.abs(pose.yaw - 2 * poses[i + 1]!.yaw + poses[i]!.yaw));
    t.ok(
      Math.max(...jumps) < 0.6,
      `no jolts: yaw speed changes by at most ${Math.max(...jumps).toFixed(2)} degrees a frame`,
    );
  }
});

t.test('the eyes blink', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const samples = await samplesOf(speechFile);
  const blinks = async (options: object) => {
    const counts: number[] = [];
    for (const seed of [0, 1, 2, 3, 4, 5]) {
      const motion = await talker
        .animate(portrait, { samples, sampleRate: SAMPLE_RATE }, { seed, ...options })
        .motion();
      const shut = Array.from(
        { length: motion.frames },
        (_, i) => motion.frame(i).expression[LID_L_Y]! > 0.8 * SHUT_LID,
      );
      counts.push(shut.filter((now, i) => now && !shut[i - 1]).length);
    }
    return counts;
  };
  const model = await blinks({});
  t.comment(`blinks in 7 s, six seeds: ${model.join(' ')}`);
  t.ok(
    model.every((count) => count <= 5),
    'not all the time',
  );
  t.ok(model.filter((count) => count >= 1).length >= 4, 'mostly at least once in seven seconds');
  t.same(await blinks({ blink: 'off' }), [0, 0, 0, 0, 0, 0], 'off');
  t.ok(
    (await blinks({ blink: 'periodic' })).every((count) => count >= 1 && count <= 3),
    'periodic: about every 3.6 s',
  );
});

t.test('the background stands still', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const { toPhoto } = portrait.crop;
  t.equal(toPhoto.length, 6);
  const samples = (await samplesOf(speechFile)).subarray(0, 120 * SAMPLES_PER_FRAME);
  const source = await framesOf(talker.animate(portrait, (await rest(talker, portrait)).motion));
  const still = source[0]!.data;
  const moving: number[] = [];
  let inside = 0;
  for await (const { index, data } of talker.animate(
    portrait,
    { samples, sampleRate: SAMPLE_RATE },
    { seed: SEED },
  )) {
    if (index % 12 !== 0) continue;
    moving.push(meanDifference(data, still, (x, y) => Math.min(x, y, 511 - x, 511 - y) < 6));
    inside = Math.max(
      inside,
      meanDifference(data, still, (x, y) => Math.abs(x - 256) < 128 && Math.abs(y - 256) < 128),
    );
  }
  const largest = Math.max(...moving);
  t.comment(`outer 6 pixels: at most ${largest.toFixed(3)} of 255; the face: ${inside.toFixed(1)}`);
  t.ok(largest < 0.3, 'the edge of the picture does not move');
  t.ok(inside > 2, 'the face does');
});

/** One frame of the portrait's own pose: the picture as it was cut out. */
async function rest(talker: Both['talker'], portrait: Both['portrait']): Promise<{ motion: Motion }> {
  const one = { samples: new Float32Array(SAMPLES_PER_FRAME), sampleRate: SAMPLE_RATE };
  return {
    motion: await talker.animate(portrait, one, { still: true, expressionScale: 0, smoothing: 0 }).motion(),
  };
}

function meanDifference(a: Uint8Array, b: Uint8Array, counts: (x: number, y: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const pixel = Math.floor(i / 3);
    if (!counts(pixel % 512, Math.floor(pixel / 512))) continue;
    sum += Math.abs(a[i]! - b[i]!);
    count++;
  }
  return sum / count;
}
