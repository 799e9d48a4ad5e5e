// Loads faulty packs, numbers `first` to before `last`, and makes a clip of each. Every line of its output is JSON: { index, what } before
// a pack is tried, { index, outcome, ... } after it.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KdtalkerError, Talker } from 'kdtalker';
import { writeMutant } from './fuzz/mutant.mjs';

const [first, last] = process.argv.slice(2).map(Number);
const SECONDS = 0.6;
const samples = Float32Array.from(
  { length: 16000 * SECONDS },
  (_, i) => 0.3 * Math.sin(i / 9) * Math.sin(i / 900),
);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

for (let index = first; index < last; index++) {
  const folder = join(process.cwd(), `mutant-${index}`);
  mkdirSync(folder);
  say({ index, what: writeMutant(index, folder) });
  say({ index, ...(await outcomeOf(folder, index)) });
  rmSync(folder, { recursive: true });
}

/** The outcome: `error` with a code, `clip`, or `wrong` with the fault. */
async function outcomeOf(folder, index) {
  try {
    return await clipOf(folder, index);
  } catch (error) {
    const { code, message, stack } = error;
    if (!(error instanceof KdtalkerError)) return { outcome: 'wrong', wrong: `no coded error: ${stack}` };
    return { outcome: 'error', code, message };
  }
}

async function clipOf(folder, index) {
  const talker = await Talker.load(folder, { threads: 1, lowering: index % 3 !== 0, precision: 'fp32' });
  try {
    const { size } = talker.pack.crop;
    const picture = {
      data: new Uint8Array(3 * size * size).map((_, i) => i % 251),
      width: size,
      height: size,
      channels: 3,
    };
    const portrait = await talker.portrait(picture, { crop: 'none' });
    const stitch = talker.pack.roles.stitching !== undefined && index % 2 === 0;
    const blink = talker.pack.blink ? 'periodic' : 'model';
    const clip = talker.animate(portrait, { samples, sampleRate: 16000 }, { stitch, blink, frame: 'crop' });
    const wrong = await wrongIn(clip, talker.pack);
    return wrong ? { outcome: 'wrong', wrong } : { outcome: 'clip' };
  } finally {
    await talker.close();
  }
}

/** The fault of a clip's frames and motion; undefined if there is none. */
async function wrongIn(clip, { output: { width, height }, fps }) {
  const expected = Math.floor((samples.length * fps) / 16000);
  let frames = 0;
  for await (const { data, width: w, height: h } of clip.frames({ format: 'rgbf32' })) {
    if (w !== width || h !== height || data.length !== 3 * width * height * 4)
      return `a frame of ${w}x${h}, ${data.length} bytes`;
    const values = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
    if (!values.every(Number.isFinite)) return `numbers in frame ${frames} that are not finite`;
    frames++;
  }
  if (frames !== expected) return `${frames} frames where ${expected} were expected`;
  return undefined;
}
