// Ends workers in the middle of their work, at pseudo-random moments: `workers-terminated.mjs <seed> <rounds> <exit | wait>`.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Talker } from 'kdtalker';
import { portraitFile, speech } from './speech.mjs';

const [seed, rounds, how] = process.argv.slice(2);
let state = Number(seed);
function random() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}

const workerData = { frames: 8, forEver: true };
const begin = () => new Worker(new URL('./worker.mjs', import.meta.url), { workerData });
const firstFrame = (worker) => new Promise((resolve) => worker.once('message', resolve));

for (let i = 0; i < Number(rounds); i++) {
  const workers = [begin(), begin()];
  if (i % 2 === 0) await Promise.all(workers.map(firstFrame));
  await sleep(random() * (i % 2 === 0 ? 60 : 400)); // while rendering; while anything
  await Promise.all(workers.map((worker) => worker.terminate()));
}
const workers = [begin(), begin()];
await Promise.all(workers.map(firstFrame));
if (how === 'exit') process.exit(5); // while the workers render

const talker = await Talker.load();
const portrait = await talker.portrait(portraitFile);
let frames = 0;
for await (const _ of talker.animate(portrait, speech(3))) frames++;
await Promise.all(workers.map((worker) => worker.terminate()));
console.log(`${frames} frames afterwards`);
