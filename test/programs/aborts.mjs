// Aborts clips and portraits at pseudo-random calls of the addon: `aborts.mjs <seed> <rounds>`. Each must reject as aborted or be complete.
import { load } from './load.mjs';
import { atCall } from './moments.mjs';
import { portraitFile, speech, speechFile } from './speech.mjs';

const [seed, rounds] = process.argv.slice(2).map(Number);
let state = seed;
function random() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}

const talker = await load();
const portrait = await talker.portrait(portraitFile);
const ends = { done: 0, aborted: 0 };

async function iterate(clip) {
  for await (const _ of clip);
}
const works = [
  (signal) => iterate(talker.animate(portrait, speech(20), { signal })),
  (signal) => talker.animate(portrait, speechFile, { signal }).motion(),
  (signal) => talker.animate(portrait, speech(10), { signal }).save(`${signal.name}.mp4`),
  (signal) => talker.animate(portrait, speechFile, { signal }).save(`${signal.name}.gif`),
  (signal) => talker.animate(portrait, speech(6), { signal }).save(`${signal.name}/%05d.png`),
  (signal) => talker.portrait(portraitFile, { signal }),
  (signal) => load({ signal }).then((other) => other.close()),
  (signal) => talker.sourceVideo(portraitFile, { signal }).then((video) => video.close()),
  (signal) => talker.motionFromVideo(portraitFile, { signal }),
  (signal) => talker.trace(portraitFile, speech(10), { signal, frames: [0, 5] }),
  (signal) => portrait.save(`${signal.name}.portrait`, { signal }),
];

async function round(index) {
  const controller = new AbortController();
  controller.signal.name = `out-${index}`;
  const work = works[index % works.length](controller.signal);
  const end = work.then(
    () => 'done',
    (error) => (error.code === 'ABORTED' && error.cause === 'enough' ? 'aborted' : String(error.stack)),
  );
  await Promise.race([end, atCall(Math.floor(random() * 40))]);
  controller.abort('enough');
  return end;
}

for (let i = 0; i < rounds; i += 2) {
  for (const end of await Promise.all([round(i), round(i + 1)])) {
    if (end in ends) ends[end]++;
    else console.log(end);
  }
}
await talker.close();
console.log(`${ends.done + ends.aborted} ended, some of them aborted: ${ends.aborted > 0}`);
