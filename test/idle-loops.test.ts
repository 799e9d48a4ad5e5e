// Loops of idle life: how many are kept, and what becomes of those that are not.

import { readdir } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { IdleLoops, LoopRoom } from '../dist/talker/portrait/idle-loops.js';
import type { KeptLoop } from '../dist/talker/portrait/kept-loop.js';
import { loopFrames } from '../dist/talker/stream/idle-loop.js';
import { fails, setEnvironment } from './support/media.js';
import { warningsOf } from './support/warnings.js';

const FRAMES = 10;
const PICTURE = 100;
const LOOP = FRAMES * PICTURE;

const motion = new Float32Array(70);

/** Adds frames of one byte's value, from the first one that is not there. */
async function make(loop: KeptLoop, frames = FRAMES, size = PICTURE): Promise<void> {
  loop.take(loop);
  for (let at = loop.made; at < frames && !loop.lost; at++)
    await loop.add(loop, at, new Uint8Array(size).fill(at), motion);
}

/** A temporary folder of the test's own. */
function temporary(t: Test): () => Promise<string[]> {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  return () => readdir(folder);
}

t.test('loops that nobody shows go when they are too large together, the oldest first', async (t) => {
  const files = temporary(t);
  const room = new LoopRoom(2.5 * LOOP);
  const [one, other] = [new IdleLoops(room), new IdleLoops(room)];
  const first = one.open('first', FRAMES);
  const second = other.open('second', FRAMES);
  for (const loop of [first, second]) await make(loop);
  await first.close();
  await second.close();
  t.equal((await files()).length, 2);
  t.equal(one.open('first', FRAMES), first, 'it is there');
  await first.close();

  const third = one.open('third', FRAMES);
  await make(third);
  t.equal((await files()).length, 3, 'one that is shown does not count');
  await third.close();
  t.equal((await files()).length, 2);
  t.equal(first.made, FRAMES, 'it was shown later');
  t.equal(second.made, 0);
  t.not(other.open('second', FRAMES), second, 'it would be made again');
  await one.close();
  t.same(await files(), []);
});

t.test('a loop that is shown stays, whatever else there is', async (t) => {
  const files = temporary(t);
  const loops = new IdleLoops(new LoopRoom(LOOP));
  const shown = loops.open('shown', FRAMES);
  await make(shown);
  for (const key of ['a', 'b', 'c']) {
    const loop = loops.open(key, FRAMES);
    await make(loop);
    await loop.close();
    t.equal((await files()).length, 2, 'this one and the last');
  }
  t.same(await shown.picture(3), new Uint8Array(PICTURE).fill(3));
  await shown.close();
  t.equal(shown.made, FRAMES);
  t.equal((await files()).length, 1, 'it was shown last');
  await loops.close();
});

t.test('what is made of a loop counts, and a loop of which nothing is made is not kept', async (t) => {
  const files = temporary(t);
  const loops = new IdleLoops(new LoopRoom(1.5 * LOOP));
  const [half, none, whole] = ['half', 'none', 'whole'].map((key) => loops.open(key, FRAMES));
  await make(half!, FRAMES / 2);
  await make(whole!);
  for (const loop of [half!, none!, whole!]) await loop.close();
  t.equal((await files()).length, 2, 'together they have just room');
  t.not(loops.open('none', FRAMES), none);
  await loops.close();
});

t.test('a loop that is too large for itself is not made', async (t) => {
  const files = temporary(t);
  const warnings = warningsOf(t);
  const loops = new IdleLoops(new LoopRoom(LOOP));
  const loop = loops.open('key', FRAMES);
  await make(loop, FRAMES, PICTURE + 1);
  t.ok(loop.lost);
  t.equal(loop.made, 0);
  t.notOk(loop.take(loop), 'by nobody');
  t.same(await files(), []);
  t.match(await warnings(), [{ code: 'IDLE_LOOP_LOST', message: /at most .* Use smaller pictures/ }]);
  const next = loops.open('key', FRAMES);
  t.not(next, loop, 'who comes later has another');
  await make(next);
  await loop.close();
  t.equal(loops.open('key', FRAMES), next, 'which stays when the lost one is closed');
  t.equal(next.made, FRAMES);
});

t.test('a loop is at most a minute long', async (t) => {
  t.equal(loopFrames(25, 1), 250);
  t.equal(loopFrames(25, 18), 252);
  t.equal(loopFrames(25, 1500), 1500);
  await fails(t, async () => loopFrames(25, 1501), 'INVALID_ARGUMENT');
});
