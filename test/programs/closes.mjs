// Closes a talker at pseudo-random moments while clips, saves and portraits are under way: `closes.mjs <seed> <rounds>`.
import { readdirSync } from 'node:fs';
import { load } from './load.mjs';
import { atCall } from './moments.mjs';
import { portraitFile, speech } from './speech.mjs';

const [seed, rounds] = process.argv.slice(2).map(Number);
let state = seed;
function random() {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
}

for (let i = 0; i < rounds; i++) {
  const talker = await load();
  const portrait = await talker.portrait(portraitFile);
  const clips = Array.from({ length: 3 }, () => talker.animate(portrait, speech(20)));
  const ends = [];
  const follow = (work) =>
    work.then(
      () => ends.push('done'),
      (error) => ends.push(error.code),
    );
  const works = [
    follow(
      (async () => {
        for await (const _ of clips[0]);
      })(),
    ),
    follow(clips[1].save('talk.mp4', { overwrite: true })),
    follow(clips[2].motion()),
    follow(talker.portrait(portraitFile)),
  ];
  await Promise.race([Promise.all(works), atCall(Math.floor(random() * 60))]);
  await talker.close();
  const parts = readdirSync('.').filter((name) => name.endsWith('.part'));
  if (parts.length > 0) console.log(`close() came back before the save had cleaned up: ${parts}`);
  await Promise.all(works);
  const strange = ends.filter((end) => !['done', 'ABORTED', 'CLOSED'].includes(end));
  if (strange.length > 0) console.log(strange.join(' '));
}
console.log('closed');
