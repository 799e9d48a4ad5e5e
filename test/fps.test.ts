import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Motion, readPack, Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { openSound } from '../dist/media/index.js';
import { fails } from './support/media.js';
import { speech } from './support/talker.js';

const PUPPET = (await readPack('puppet')).directory;

/** The puppet at another rate. */
function puppetAt(t: Test, fps: number): string {
  const folder = t.testdir();
  cpSync(PUPPET, folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8'));
  writeFileSync(join(folder, 'pack.json'), JSON.stringify({ ...manifest, fps }));
  return folder;
}

async function open(t: Test, pack: string) {
  const talker = await Talker.load(pack, { threads: 1 });
  t.teardown(() => talker.close());
  const picture = {
    data: new Uint8Array(3 * 512 * 512).fill(90),
    width: 512,
    height: 512,
    channels: 3 as const,
  };
  return { talker, portrait: await talker.portrait(picture, { crop: 'none' }) };
}

/** The first second of the speech. */
const SECOND = speech(25);

async function soundSeconds(file: string): Promise<number> {
  const sound = await openSound(file);
  let samples = 0;
  for await (const chunk of sound.chunks()) samples += chunk.length;
  await sound.close();
  return samples / sound.sampleRate;
}

for (const fps of [50, 30, 10])
  t.test(`a second of speech is a second of video with its sound at ${fps} frames a second`, async (t) => {
    const { talker, portrait } = await open(t, puppetAt(t, fps));
    const clip = talker.animate(portrait, SECOND, { steps: 2, blink: 'periodic', silenceGate: true });
    const file = join(t.testdir(), 'second.mp4');
    const saved = await clip.save(file);
    t.equal(saved.frames, fps);
    t.equal(saved.seconds, 1);
    const seconds = await soundSeconds(file);
    t.ok(Math.abs(seconds - 1) < 0.05, `${seconds} s of sound`);
    const motion = await clip.motion();
    t.same([motion.frames, motion.fps], [fps, fps]);
  });

t.test('the mouth of a faster clip moves at the same times', async (t) => {
  const mouths = await Promise.all(
    [25, 50].map(async (fps) => {
      const { talker, portrait } = await open(t, fps === 25 ? PUPPET : puppetAt(t, fps));
      const { values } = (await talker.animate(portrait, speech(50), { steps: 10 }).motion()).resampled(25);
      return Array.from({ length: 50 }, (_, i) =>
        values.subarray(i * 70 + 7, i * 70 + 70).reduce((sum, v) => sum + v * v, 0),
      );
    }),
  );
  const centred = mouths.map((energy) =>
    energy.map((value) => value - energy.reduce((a, b) => a + b, 0) / energy.length),
  );
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const [a, b] = centred as [number[], number[]];
  const together = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  t.ok(together > 0.5, `they go together: ${together.toFixed(2)}`);
});

t.test('rates that a pack cannot have', async (t) => {
  for (const fps of [9, 61, 24.5, 240])
    await fails(t, () => readPack(puppetAt(t, fps)), 'PACK_INVALID', /fps/);
});

t.test("a motion is replayed at the pack's rate", async (t) => {
  const { talker, portrait } = await open(t, 'puppet');
  const at = (frames: number, fps: number) =>
    new Motion(
      Float32Array.from({ length: frames * 70 }, (_, i) => (i % 70 === 0 ? 1 : Math.floor(i / 70) / fps)),
      fps,
    );
  const fast = at(50, 50);
  const replayed = await talker.animate(portrait, fast).motion();
  t.same([replayed.frames, replayed.fps], [25, 25]);
  t.same([...replayed.values], [...at(25, 25).values], 'a second stays a second');
  const slow = await talker.animate(portrait, at(10, 10)).motion();
  t.equal(slow.frames, 25);
  for (const frame of [0, 5, 12])
    t.ok(Math.abs(slow.frame(frame).yaw - frame / 25) < 1e-6, `a straight line at frame ${frame}`);
  t.equal(slow.frame(24).yaw, Math.fround(0.9), 'the last frame stays to the end');
  const same = at(5, 25);
  t.equal(same.resampled(25), same);
  await fails(
    t,
    async () => talker.animate(portrait, fast, { edit: { yaw: new Float32Array(50) } }),
    'INVALID_ARGUMENT',
    /25/,
  );
  for (const fps of [0, -25, Number.NaN, Number.POSITIVE_INFINITY, 1001]) {
    await fails(t, async () => new Motion(same.values, fps), 'INVALID_ARGUMENT', /1 to 1000/);
    await fails(t, async () => same.resampled(fps), 'INVALID_ARGUMENT', /1 to 1000/);
  }
});
