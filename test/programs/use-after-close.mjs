// Closes everything in every order and twice, during work, and uses it afterwards. Prints the failures, or 'fine'.
import { load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const codeOf = (work) =>
  work.then(
    () => 'nothing',
    (error) => error.code ?? String(error),
  );
const expected = [];
async function expect(name, work, ...codes) {
  const code = await codeOf(work());
  if (!codes.includes(code)) expected.push(`${name}: ${code}`);
}

const talker = await load();
const portrait = await talker.portrait(portraitFile);
const clip = talker.animate(portrait, speech(6));
const motion = await clip.motion();
const iteration = clip.frames();
await iteration.next();
const saving = codeOf(talker.animate(portrait, speech(30)).save('a.mp4'));
const preparing = codeOf(talker.portrait(portraitFile));
const started = codeOf(talker.animate(portrait, speech(30)).motion());
await Promise.all([talker.close(), talker.close(), clip.close(), portrait.close()]);
await Promise.all([talker.close(), clip.close(), portrait.close(), talker[Symbol.asyncDispose]()]);

for (const [name, work] of Object.entries({ saving, preparing, started })) {
  await expect(
    `${name} under close()`,
    async () => {
      const code = await work;
      if (code !== 'nothing') throw Object.assign(new Error(code), { code });
    },
    'ABORTED',
    'CLOSED',
  );
}
await expect('iteration', () => iteration.next(), 'ABORTED', 'CLOSED');
await expect('portrait()', () => talker.portrait(portraitFile), 'CLOSED');
await expect('loadPortrait()', () => talker.loadPortrait('x'), 'CLOSED');
await expect('animate()', async () => talker.animate(portrait, motion), 'CLOSED');
await expect('counters()', async () => talker.counters(), 'CLOSED');
await expect('portrait.save()', () => portrait.save('x'), 'CLOSED');
await expect('frames()', () => clip.frames().next(), 'CLOSED');
await expect('for await', () => clip[Symbol.asyncIterator]().next(), 'CLOSED');
await expect('motion()', () => clip.motion(), 'CLOSED');
await expect('save()', () => clip.save('b.mp4'), 'CLOSED');
console.log(
  expected.length === 0 ? `fine: ${talker.pack.name}, ${motion.frames} frames` : expected.join('\n'),
);
