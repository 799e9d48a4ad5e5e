// A clip of the puppet whose networks are plans: the frames are those of ONNX Runtime, and nothing more crosses. `cuda:0` is the
// double of CUDA.
import type { Counters, Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { takeCudaDouble } from './support/cuda-double.js';
import { plannedTalker } from './support/planned-talker.js';
import { loadTalker, portraitFile, speech } from './support/talker.js';

const FRAMES = 4;
takeCudaDouble();

interface Shown {
  frames: Uint8Array[];
  motion: Float32Array;
  counters: Counters;
}

/** The first frames of a clip, and the motion of its whole window. */
async function show(talker: Talker): Promise<Shown> {
  const portrait = await talker.portrait(portraitFile);
  const clip = talker.animate(portrait, speech(20), { seed: 7n });
  const frames: Uint8Array[] = [];
  for await (const { data } of clip.frames()) {
    frames.push(Uint8Array.from(data));
    if (frames.length === FRAMES) break;
  }
  const counters = talker.counters();
  const { values } = await clip.motion();
  return { frames, motion: Float32Array.from(values), counters };
}

/** The largest difference of any two bytes, and how many differ. */
function difference(a: Uint8Array, b: Uint8Array): { most: number; share: number } {
  let [most, count] = [0, 0];
  a.forEach((byte, i) => {
    const apart = Math.abs(byte - b[i]!);
    most = Math.max(most, apart);
    if (apart) count++;
  });
  return { most, share: count / a.length };
}

function alike(t: Test, found: Shown, expected: Shown): void {
  expected.frames.forEach((frame, i) => {
    const { most, share } = difference(found.frames[i]!, frame);
    t.ok(
      most <= 1 && share < 0.01,
      `frame ${i}: ${most} at most, in ${(100 * share).toFixed(3)} % of the bytes`,
    );
  });
  const apart = expected.motion.map((value, i) => Math.abs(value - found.motion[i]!));
  t.ok(Math.max(...apart) < 1e-3, `motion: ${Math.max(...apart).toExponential(1)} at most`);
}

const load = (t: Test, device: string) =>
  device === 'cuda:0' ? loadTalker(t, { device }) : plannedTalker(t, 'puppet', device);

for (const device of ['cpu', 'guarded', 'cuda:0'])
  t.test(`the puppet as plans: ${device}`, async (t) => {
    const plain = await show(await loadTalker(t, { device: 'cpu', threads: 1 }));
    const talker = await load(t, device);
    t.equal(talker.device, device);
    const planned = await show(talker);
    t.equal(planned.frames.length, FRAMES);
    alike(t, planned, plain);
    const crossings = ({ pack: _, ...others }: Counters) => others;
    t.match(crossings(planned.counters).picture, crossings(plain.counters).picture, 'nothing more crosses');
    t.match(crossings(planned.counters).spectrogram, crossings(plain.counters).spectrogram);
    t.equal(planned.counters.frame.uploads, 0);
  });
