// A thousand interruptions, ends, aborts and closes over eight streams at once: each utterance ends once, and nothing is left.
import type { Portrait, Talker, TalkStream } from 'kdtalker';
import t from 'tap';
import { pcm } from './support/streams.js';
import { loadBoth } from './support/talker.js';

const EVENTS = 1000;
const STREAMS = 8;

/** Numbers that are the same in each run. */
function drawing(seed: number): (below: number) => number {
  let state = BigInt(seed) * 7919n + 1n;
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number(state >> 33n) % below;
  };
}

/** What may happen to those who are stopped. */
const stopped = (error: { code?: string }) => {
  if (error.code !== 'CLOSED' && error.code !== 'ABORTED') throw error;
};

async function read(stream: TalkStream): Promise<void> {
  for await (const _ of stream);
}

interface Told {
  events: number;
  flushed: string[];
  finished: string[];
}

/** What happens to a stream; false if that was its end. */
async function happen(
  stream: TalkStream,
  what: number,
  abort: AbortController,
  flush: () => void,
): Promise<boolean> {
  if (what < 12) await stream.write(pcm(1 + (what % 3))).catch(stopped);
  if (what < 8) return true;
  if (what < 12) flush();
  else if (what < 29) await stream.interrupt().catch(stopped);
  else if (what === 29) stream.end();
  else if (what === 30) abort.abort();
  else void stream.close();
  return what < 29;
}

/** One stream after another until there were so many events. */
async function storm(talker: Talker, portrait: Portrait, seed: number, told: Told): Promise<void> {
  const draw = drawing(seed);
  for (let round = 0; told.events < EVENTS; round++) {
    const abort = new AbortController();
    const options = { seed, steps: 2, frame: 'crop', signal: abort.signal } as const;
    const stream = talker.stream(portrait, options);
    const name = (id: string) => `${seed}.${round}: ${id}`;
    stream.on('finished', ({ id }) => told.finished.push(name(id)));
    const reading = read(stream).catch(stopped);
    let open = true;
    for (let i = 0; open; i++) {
      const what = draw(32);
      if (what >= 12) told.events++;
      open = await happen(stream, what, abort, () => {
        stream.flush(`said ${i}`);
        told.flushed.push(name(`said ${i}`));
      });
    }
    await reading;
    await stream.close();
  }
}

t.test('eight streams in a storm', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 2 });
  const told: Told = { events: 0, flushed: [], finished: [] };
  await Promise.all(Array.from({ length: STREAMS }, (_, seed) => storm(talker, portrait, seed, told)));
  t.ok(told.events >= EVENTS, `${told.events} events`);
  t.equal(new Set(told.finished).size, told.finished.length, 'none ended twice');
  t.same(
    told.flushed.filter((id) => !told.finished.includes(id)),
    [],
    'each one ended',
  );
  const { live, files, portraits, errors } = talker.stats();
  t.equal(live.streams, 0);
  t.same(files, { running: 0, queued: 0, seconds: 0 });
  t.equal(portraits, 1);
  t.equal(errors, 0);
});
