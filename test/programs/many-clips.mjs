// Makes clips of every kind and prints the process's resources before and after: `many-clips.mjs <warm-up> <clips>`. Needs --expose-gc.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './load.mjs';
import { atCall } from './moments.mjs';
import { portraitFile, speech } from './speech.mjs';

const [warmUp, clips] = process.argv.slice(2).map(Number);
const talker = await load();
const portrait = await talker.portrait(portraitFile);
const sound = speech(5);
await portrait.save('saved.portrait');

async function iterate(options, until = Infinity) {
  for await (const { index } of talker.animate(portrait, sound, options)) if (index >= until) return;
}

async function aborted() {
  const controller = new AbortController();
  const work = iterate({ signal: controller.signal });
  atCall(4).then(() => controller.abort());
  await work.catch(() => {});
}

async function dropped() {
  const frames = talker.animate(portrait, sound).frames();
  await frames.next();
}

const kinds = [
  () => iterate({}),
  () => talker.animate(portrait, sound).motion(),
  () => iterate({ steps: 5 }, 1),
  aborted,
  dropped,
  async () => (await talker.loadPortrait('saved.portrait')).close(),
  async () => {
    for await (const _ of talker.animate(portrait, await talker.animate(portrait, sound).motion()));
  },
  () => talker.animate(portrait, speech(2)).save('clip.mp4'),
];

async function make(count) {
  for (let i = 0; i < count; i++) await kinds[i % kinds.length]();
}

/** The resources in use. The collector frees dropped clips; it runs until nothing more is freed. */
async function held() {
  let least = now();
  for (let still = 0; still < 5; still++) {
    global.gc();
    await sleep(20);
    const next = now();
    if (next.deviceBytes < least.deviceBytes || next.threads < least.threads) still = 0;
    least = next;
  }
  return least;
}

function now() {
  return {
    deviceBytes: talker.deviceBytes(),
    threads: readdirSync('/proc/self/task').length,
    files: readdirSync('/proc/self/fd').length,
    resident: process.memoryUsage.rss(),
  };
}

await make(warmUp);
const before = await held();
await make(clips);
const after = await held();
await talker.close();
console.log(JSON.stringify({ before, after }));
