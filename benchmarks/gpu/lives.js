/**
 * The lives of clips on a GPU, beside the processor's: `node benchmarks/gpu/lives.js DEVICE [PACK=puppet] [CLIPS=100]`. Prints a line a check; the
 * exit code is 1 if one fails.
 *
 *     stages   each stage of a clip is the processor's, in float32
 *     aborted  clips end where they are aborted, and the next one has the bytes that it had before
 *     closed   a clip ends where its talker is closed
 *     memory   so many clips of a second hold no more of the device than the first twenty, and allocate nothing
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Talker } from '../../dist/index.js';

const PORTRAIT = fileURLToPath(new URL('../../examples/portrait.png', import.meta.url));
const RATE = 16_000;
/** Frames at which clips are aborted. */
const ABORTS = [0, 1, 5, 17];
/** Sizes of the largest difference beside the largest number. The networks' sums have another order on each device. */
const APART = 1e-3;

const [device, pack = 'puppet', clips = '100'] = process.argv.slice(2);
if (!device) throw new Error('Expected a device: lives.js cuda:0 [PACK] [CLIPS]');

/** A tone that swells and fades, seconds long. */
function voice(seconds) {
  const tone = (i) => 0.4 * Math.sin(0.17 * i) * Math.sin(i / 1300);
  return { samples: Float32Array.from({ length: seconds * RATE }, (_, i) => tone(i)), sampleRate: RATE };
}

function animate(talker, portrait, options) {
  return talker.animate(portrait, voice(1), { seed: 3, steps: 3, frame: 'crop', ...options });
}

/** One hash over the bytes of a clip's frames. `each` hears the number of each. */
async function hashOf(clip, each) {
  const hash = createHash('sha256');
  for await (const { data, index } of clip) {
    hash.update(data);
    each?.(index);
  }
  return hash.digest('hex');
}

/** The code of the error that a clip ends with. */
async function endOf(clip, each) {
  try {
    await hashOf(clip, each);
    return 'none';
  } catch (error) {
    return error.code ?? String(error);
  }
}

function apart(found, expected) {
  let [most, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs(found[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return most / (largest || 1);
}

async function traced(on) {
  const talker = await Talker.load(pack, on);
  try {
    return (await talker.trace(PORTRAIT, voice(1), { seed: 3, steps: 3, frames: [0, 5] })).tensors;
  } finally {
    await talker.close();
  }
}

async function stages() {
  const expected = await traced({ device: 'cpu' });
  const found = await traced({ device, precision: 'fp32' });
  const names = Object.keys(expected).filter((name) => name in found);
  const off = names.map((name) => [name, apart(found[name].data, expected[name].data)]);
  const [name, most] = off.reduce((worst, each) => (each[1] > worst[1] ? each : worst));
  return [
    names.length > 0 && most < APART,
    `${names.length} tensors, ${name} differs most, by ${most.toExponential(1)}`,
  ];
}

async function aborted(talker, portrait) {
  const whole = await hashOf(animate(talker, portrait));
  const wrong = [];
  for (const at of ABORTS) {
    const stop = new AbortController();
    const code = await endOf(
      animate(talker, portrait, { signal: stop.signal }),
      (i) => i === at && stop.abort(),
    );
    const next = await hashOf(animate(talker, portrait));
    if (code !== 'ABORTED' || next !== whole)
      wrong.push(`frame ${at}: ${code}, ${next === whole ? 'same' : 'other'} bytes`);
  }
  return [wrong.length === 0, wrong.join('; ') || `at frames ${ABORTS}`];
}

async function closed() {
  const talker = await Talker.load(pack, { device });
  const clip = animate(talker, await talker.portrait(PORTRAIT));
  let closing;
  const code = await endOf(clip, () => {
    closing ??= talker.close();
  });
  await closing;
  return [code === 'ABORTED', code];
}

async function memory(talker, portrait) {
  const held = () => [talker.deviceBytes(), talker.deviceWork().allocations];
  const begun = Math.min(20, Math.ceil(Number(clips) / 2));
  for (let i = 0; i < begun; i++) await hashOf(animate(talker, portrait));
  const before = held();
  for (let i = begun; i < Number(clips); i++) await hashOf(animate(talker, portrait));
  const after = held();
  return [
    `${before}` === `${after}`,
    `${before.join(' bytes, ')} allocations; ${after.join(', ')} after ${clips} clips`,
  ];
}

async function check(name, work) {
  const [passed, text] = await work().catch((error) => [false, error.stack]);
  console.log(`${name}: ${passed ? 'passed' : 'FAILED'}: ${text}`);
  if (!passed) process.exitCode = 1;
}

await check('stages', stages);
await check('closed', closed);
const talker = await Talker.load(pack, { device });
const portrait = await talker.portrait(PORTRAIT);
await check('aborted', () => aborted(talker, portrait));
await check('memory', () => memory(talker, portrait));
await talker.close();
