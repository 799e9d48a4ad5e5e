// Uses one signal for very many concurrent calls, as a service that shuts down does; Node must not warn of a leak.
import { Talker } from 'kdtalker';
import { atCall } from './moments.mjs';
import { portraitFile, speech, speechFile } from './speech.mjs';

const many = (work) => Promise.allSettled(Array.from({ length: 24 }, work));
const controller = new AbortController();
const { signal } = controller;
const talker = await Talker.load('puppet', { signal });
const portraits = await many(() => talker.portrait(portraitFile, { signal }));
const portrait = portraits[0].value;
await many(() => talker.animate(portrait, speechFile, { signal }).motion());
const clip = talker.animate(portrait, speech(4), { signal });
await many(() => clip.motion());
const saves = [0, 1, 2].map((i) => talker.animate(portrait, speech(60), { signal }).save(`${i}.mp4`));
const waiting = many(() => talker.animate(portrait, speechFile, { signal }).motion());
atCall(40).then(() => controller.abort());
const ends = [...(await Promise.allSettled(saves)), ...(await waiting)].map(
  ({ reason }) => reason?.code ?? 'done',
);
await talker.close();
console.log([...new Set(ends)].sort().join(' '));
