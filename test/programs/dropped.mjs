// Drops talkers, portraits and clips without closing them, with pending reads, and waits for their collection. Needs --expose-gc.
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const collected = new Map();
const registry = new FinalizationRegistry((kind) => collected.set(kind, (collected.get(kind) ?? 0) + 1));

async function drop(i) {
  const controller = new AbortController();
  const talker = await load({ threads: 1 });
  const portrait = await talker.portrait(portraitFile);
  const clip = talker.animate(portrait, speech(20), { signal: i % 2 ? controller.signal : undefined });
  const frames = clip.frames();
  await frames.next();
  if (i % 3 === 0) frames.next().catch(() => {}); // collected while a read is pending
  for (const [kind, thing] of Object.entries({ talker, portrait, clip })) registry.register(thing, kind);
  return controller; // stays alive, as a service's signal would
}

const controllers = [];
for (let i = 0; i < 6; i++) {
  controllers.push(await drop(i));
  global.gc();
}
for (let i = 0; i < 200 && (collected.get('clip') ?? 0) < 6; i++) {
  global.gc();
  await sleep(10);
}
for (const controller of controllers) controller.abort();
console.log(
  `talkers ${collected.get('talker')}, portraits ${collected.get('portrait')}, clips ${collected.get('clip')}`,
);
