// Ends workers in the middle of their work, at pseudo-random moments: `workers-terminated.mjs <seed> <rounds> <exit | wait>`.
import { Worker } from 'node:worker_threads';
import { load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const [seed, rounds, how] = process.argv.slice(2);
let state = Number(seed);
function random() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}

const workerData = { frames: 8, forEver: true, tellCalls: true };
const begin = () => new Worker(new URL('./worker.mjs', import.meta.url), { workerData });
/** Settles at the n-th message of a kind: frames, or calls of the addon. */
const nth = (kind, count) => (worker) =>
  new Promise((resolve) => {
    let seen = 0;
    worker.on('message', (message) => {
      if (message[kind] !== undefined && ++seen === count) resolve();
    });
  });
const firstFrame = nth('frame', 1);

for (let i = 0; i < Number(rounds); i++) {
  const workers = [begin(), begin()];
  const moment = i % 2 === 0 ? nth('frame', Math.ceil(random() * 8)) : nth('call', Math.ceil(random() * 20));
  await Promise.all(workers.map(moment)); // while rendering; while anything
  await Promise.all(workers.map((worker) => worker.terminate()));
}
const workers = [begin(), begin()];
await Promise.all(workers.map(firstFrame));
if (how === 'exit') process.exit(5); // while the workers render

const talker = await load();
const portrait = await talker.portrait(portraitFile);
let frames = 0;
for await (const _ of talker.animate(portrait, speech(3))) frames++;
await Promise.all(workers.map((worker) => worker.terminate()));
console.log(`${frames} frames afterwards`);
