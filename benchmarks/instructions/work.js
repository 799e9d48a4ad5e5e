// What compare.js counts the instructions of: work.js CHECKOUT PACK [KIND=LAPS ...], under valgrind. Prints a line of JSON a kind, with a hash of
// what was made, null of a portrait. Instructions are counted while laps are made, and each kind's are dumped; neither loading nor a first lap is counted.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [checkout, pack, ...wanted] = process.argv.slice(2);
const { Talker } = await import(pathToFileURL(path.join(checkout, 'dist/index.js')).href);
const SIDE = 256;
const RATE = 16_000;

/** A picture of colours that change slowly. */
const picture = {
  data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => 128 + 100 * Math.sin(i / 3000 + (i % 3))),
  width: SIDE,
  height: SIDE,
  channels: 3,
};

const portraitOf = (talker) => talker.portrait(picture, { crop: 'none' });

/** A tone that swells and fades, as long as these frames. */
function voice(frames) {
  const tone = (i) => 0.4 * Math.sin(0.17 * i) * Math.sin(i / 1300);
  const samples = Float32Array.from({ length: (frames * RATE) / 25 }, (_, i) => tone(i));
  return { samples, sampleRate: RATE };
}

/** Each makes so many laps, and gives the bytes of what it made. */
const kinds = {
  async portrait({ talker }, laps) {
    for (let i = 0; i < laps; i++) await (await portraitOf(talker)).close();
    return [];
  },
  async step({ talker, portrait }, laps) {
    const motion = await talker.animate(portrait, voice(25), { steps: laps, seed: 1 }).motion();
    return [new Uint8Array(motion.values.buffer)];
  },
  async frame({ talker, portrait }, laps) {
    const frames = [];
    const clip = talker.animate(portrait, voice(laps), { steps: 2, seed: 1, frame: 'crop' });
    for await (const { data } of clip) frames.push(data);
    return frames;
  },
};

/** A command to valgrind. It listens only while there is something to execute. */
async function tell(...command) {
  const child = spawn('vgdb', [`--pid=${process.pid}`, ...command], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const busy = setInterval(() => Math.hypot(1, 2), 1);
  const code = await ended;
  clearInterval(busy);
  if (code !== 0)
    throw new Error(`Expected valgrind to listen but vgdb ${command.join(' ')} ended with ${code}`);
}

const talker = await Talker.load(pack, { device: 'cpu', threads: 1 });
const both = { talker, portrait: await portraitOf(talker) };
for (const [kind, laps] of wanted.map((each) => each.split('='))) {
  await kinds[kind](both, 2);
  await tell('instrumentation', 'on');
  const made = await kinds[kind](both, Number(laps));
  await tell('dump', kind);
  await tell('instrumentation', 'off');
  const bytes = made.reduce((all, each) => all.update(each), createHash('sha256')).digest('hex');
  console.log(JSON.stringify({ kind, hash: made.length > 0 ? bytes : null }));
}
await both.portrait.close();
await talker.close();
