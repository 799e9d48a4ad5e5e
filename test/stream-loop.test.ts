// Idle life that repeats: pictures that are made once, joined without a jump, and left for speech as the model itself would go on.

import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { StreamFrame } from 'kdtalker';
import t from 'tap';
import { fails } from './support/media.js';
import { hashesOf, pcm, readAll, soundOf } from './support/streams.js';
import { loadBoth } from './support/talker.js';
import { askedFrames, FRAME, player, VirtualClock } from './support/virtual-clock.js';

/** A second of silence and what is heard ahead, then ten seconds. */
const FIRST = 34;
const LOOP = 250;
const END = FIRST + LOOP;

/** How far two pictures are apart, per byte. */
function step(one: StreamFrame, other: StreamFrame): number {
  let sum = 0;
  for (let i = 0; i < one.data.length; i += 7) sum += Math.abs(one.data[i]! - other.data[i]!);
  return (7 * sum) / one.data.length;
}

/** Steps from frame to frame. */
const steps = (frames: readonly StreamFrame[]) => frames.slice(1).map((frame, i) => step(frames[i]!, frame));

const loopFiles = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('.loop.kdtalker-'));

t.test(
  'ten seconds of idle life are made once, come back to their beginning, and are left for speech',
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const clock = VirtualClock.use(t);
    const files = (await loopFiles()).length;
    const stream = talker.stream(portrait, { pace: 'live', idle: 'loop', frame: 'crop', seed: 5 });
    const { read, play } = player(clock, stream);
    await play(END + 5);
    const { laps } = talker.stages().convert;
    await play(END + 370);
    t.equal(talker.stages().convert.laps, laps, 'nothing more is rendered');
    const hashes = hashesOf(read);
    t.ok(new Set(hashes.slice(FIRST, END)).size > 0.9 * LOOP, 'it lives');
    t.same(hashes.slice(END), [...hashes.slice(FIRST, END), ...hashes.slice(FIRST, FIRST + 120)]);
    t.ok(read[END]!.data !== read[FIRST]!.data, 'each frame has its own memory');
    const ordinary = Math.max(...steps(read.slice(FIRST, END)));
    t.ok(step(read[END - 1]!, read[END]!) <= ordinary, 'no jump where it begins again');

    const said = pcm(5);
    await stream.write(said);
    stream.flush('hello');
    await play(END + 420);
    t.same(
      read.filter((frame) => frame.speaking).map(({ index }) => index),
      [378, 379, 380, 381, 382].map((frame) => END + frame),
      'as soon as any other stream',
    );
    t.same(soundOf(read.filter((frame) => frame.speaking)), said);
    const left = steps(read.slice(END + 365, END + 377));
    t.ok(Math.max(...left) <= 1.5 * ordinary, 'no jump where it is left');
    t.same(
      read.map(({ index, epoch }) => [index, epoch]),
      read.map((_, index) => [index, 0]),
    );
    t.ok(new Set(hashesOf(read.slice(END + 390))).size > 20, 'and the model goes on');
    await stream.close();
    t.equal((await loopFiles()).length, files, 'its file is removed');
  },
);

t.test('an interruption, an end and a close while the loop is shown', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const stream = talker.stream(portrait, { pace: 'live', idle: 'loop', frame: 'crop', steps: 2 });
  const { frames, read, play } = player(clock, stream);
  await play(END + 60);
  t.same(await stream.interrupt(), { frame: END + 59, played: 0 });
  await play(END + 80);
  t.equal(read.at(-1)!.epoch, 1);
  t.same(hashesOf(read.slice(END + 60)), hashesOf(read.slice(FIRST + 60, FIRST + 80)), 'it goes on');
  const ordinary = Math.max(...steps(read.slice(FIRST, END)));
  const saying = stream.say(
    (async function* () {
      yield pcm(3);
    })(),
    'said',
  );
  await play(END + 84);
  t.match(await stream.interrupt(), { frame: END + 83 }, 'before the engine has gone on');
  t.match(await saying, { id: 'said', interrupted: true });
  await play(END + 110);
  t.ok(Math.max(...steps(read.slice(END + 60, END + 110))) <= 1.5 * ordinary);
  stream.end();
  const rest = readAll({ [Symbol.asyncIterator]: () => frames } as never);
  await clock.to(clock.now + 3000);
  const last = (await rest).at(-1)!;
  t.ok(last.index >= END + 110 && last.index < END + 130, `ends at ${last.index}`);
  await stream.close();
});

t.test('what a late reader loses is not rendered, unless it is part of the loop', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const made = askedFrames(t);
  const options = { pace: 'live', idle: 'loop', frame: 'crop', steps: 2 } as const;
  const inTime = talker.stream(portrait, options);
  const expected = player(clock, inTime);
  await expected.play(END);
  await inTime.close();
  const before = talker.stages().convert.laps;
  const laps = () => talker.stages().convert.laps - before;

  const begun = clock.now;
  const stream = talker.stream(portrait, options);
  const frames = stream[Symbol.asyncIterator]();
  const read: StreamFrame[] = [];
  const readAt = async (index: number, late = 0) => {
    const next = frames.next();
    await clock.to(begun + FRAME * (index + 3) + late);
    read.push((await next).value!);
    return read.at(-1)!.index;
  };
  /** The next frame, which was asked for ahead, is there before the reader wants it. */
  const sleep = async (index: number, late: number) => {
    await clock.to(begun + FRAME * (index + 3) + late);
    await made();
  };
  read.push((await frames.next()).value!); // the clock begins
  for (let index = 1; index < 5; index++) await readAt(index);
  await sleep(5, 800);
  t.equal(await readAt(5, 800), 25, '20 pictures are left out');
  const early = laps();
  t.ok(early < 15, `and of these only those that were asked for are made: ${early} in all`);
  while (read.at(-1)!.index < FIRST + 40) await readAt(read.at(-1)!.index + 1);
  await sleep(FIRST + 41, 1200);
  t.equal(await readAt(FIRST + 41, 1200), FIRST + 71, '30 are left out, and kept');
  while (read.at(-1)!.index < END + 100) await readAt(read.at(-1)!.index + 1);
  const hashes = hashesOf(expected.read);
  t.same(
    hashesOf(read),
    read.map(({ index }) => hashes[index < END ? index : index - LOOP]),
    'the loop is whole',
  );
  t.ok(laps() <= early + END - 25 + 8, 'each of its pictures is made once');
  await stream.close();
});

t.test('a loop needs the pace of a clock', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  await fails(t, async () => talker.stream(portrait, { idle: 'loop' }), 'INVALID_ARGUMENT');
});
