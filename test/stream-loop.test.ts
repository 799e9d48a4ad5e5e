// Idle life that repeats: pictures that are made once and kept with the portrait, joined without a jump, and left for speech as the model
// itself would go on.

import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { StreamFrame } from 'kdtalker';
import t from 'tap';
import { fails, setEnvironment } from './support/media.js';
import { hashesOf, pcm, readAll, soundOf } from './support/streams.js';
import { loadBoth, portraitFile } from './support/talker.js';
import { askedFrames, FRAME, player, VirtualClock } from './support/virtual-clock.js';

/** A second of silence and what is heard ahead, then ten seconds. */
const FIRST = 34;
const LOOP = 250;
const END = FIRST + LOOP;
/** Frames of sound that are heard beyond one. */
const REACH = 9;

/** How far two pictures are apart, per byte. */
function step(one: StreamFrame, other: StreamFrame): number {
  let sum = 0;
  for (let i = 0; i < one.data.length; i += 7) sum += Math.abs(one.data[i]! - other.data[i]!);
  return (7 * sum) / one.data.length;
}

/** Steps from frame to frame. */
const steps = (frames: readonly StreamFrame[]) => frames.slice(1).map((frame, i) => step(frames[i]!, frame));

// A folder of this file's own: other test files make loops at the same time.
setEnvironment(t, { TMPDIR: t.testdir() });

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
    t.equal((await loopFiles()).length, files + 1, 'the loop stays with the portrait');
    await portrait.close();
    t.equal((await loopFiles()).length, files, 'and goes with it');
  },
);

/** Frames in which the motion goes over to a loop. */
const JOIN = 8;
/** Frames that a stream may have asked for beyond those that were read. */
const ASKED = 5;

t.test('later silences and later streams show the loop that is there', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const options = { pace: 'live', idle: 'loop', frame: 'crop', seed: 5 } as const;
  const laps = () => talker.stages().convert.laps;
  const first = player(clock, talker.stream(portrait, options));
  await first.play(END);
  const loop = hashesOf(first.read.slice(FIRST));

  const said = pcm(50, 0);
  const stream = talker.stream(portrait, options);
  const before = laps();
  const { read, play } = player(clock, stream);
  await play(FIRST + JOIN + 270);
  t.ok(laps() - before <= FIRST + JOIN + ASKED, 'of the loop nothing is rendered');
  const shown = hashesOf(read.slice(FIRST + JOIN));
  t.same(shown, [...loop, ...loop].slice(0, 270), 'another stream shows it from its beginning');

  await stream.write(said);
  stream.flush();
  await play(read.length + 50 + 100);
  const last = read.findLastIndex(({ speaking }) => speaking);
  const ordinary = Math.max(...steps(read.filter(({ speaking }) => speaking)));
  const silence = laps();
  const again = last + 1 + FIRST + JOIN; // a second, and the join
  await play(again + 100);
  t.ok(laps() - silence <= ASKED, 'nor in a second silence');
  t.same(hashesOf(read.slice(again)), loop.slice(0, 100));
  t.ok(Math.max(...steps(read)) <= ordinary, 'no jump that is larger than the largest step of speech');
  await stream.close();

  const other = player(clock, talker.stream(portrait, { ...options, seed: 6 }));
  await other.play(FIRST + JOIN + 5);
  t.not(hashesOf(other.read).at(-1), loop[4], 'a stream that looks otherwise has its own');
});

t.test('silences that are too short make a loop together', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const stream = talker.stream(portrait, {
    ...{ pace: 'live', idle: 'loop', frame: 'crop', steps: 2, blink: 'periodic' },
  });
  const { read, play } = player(clock, stream);
  const laps = () => talker.stages().convert.laps;
  const speak = async () => {
    await stream.write(pcm(25));
    stream.flush();
    const { length } = read;
    await play(length + 40);
    return read.findLastIndex(({ speaking }) => speaking) + 1 + FIRST;
  };
  await play(FIRST + 100);
  let silence = await speak();
  const made = hashesOf(read.slice(FIRST, FIRST + 100));
  await play(silence + JOIN + 20);
  t.same(hashesOf(read.slice(silence + JOIN)), made.slice(0, 20), 'what is there is shown');
  silence = await speak();
  await play(silence + JOIN);
  const begun = laps();
  await play(silence + JOIN + 80);
  t.ok(laps() - begun <= ASKED, 'and not made again');
  await play(silence + JOIN + LOOP + 150);
  const loop = hashesOf(read.slice(silence + JOIN));
  t.same(loop.slice(0, 100), made);
  t.same(loop.slice(LOOP), loop.slice(0, 150), 'the rest is made behind it');
  t.ok(laps() - begun <= LOOP - 100 + ASKED + 4, 'each frame once');
  t.ok(new Set(loop).size > 0.9 * LOOP);
  const ordinary = Math.max(...steps(read.filter(({ speaking }) => speaking)));
  t.ok(Math.max(...steps(read.slice(silence))) <= ordinary, 'no jump');
  await stream.close();
});

t.test('of two streams at once only one makes the loop', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const files = (await loopFiles()).length;
  const options = { pace: 'live', idle: 'loop', frame: 'crop', steps: 2 } as const;
  const streams = [talker.stream(portrait, options), talker.stream(portrait, options)];
  const players = streams.map((stream) => player(clock, stream));
  const [one, other] = players as [(typeof players)[0], (typeof players)[0]];
  for (let frame = 1; frame < END + 2; frame += 1) await Promise.all(players.map(({ play }) => play(frame)));
  t.equal((await loopFiles()).length, files + 1);
  const loop = hashesOf(one.read.slice(FIRST, END));
  const { laps } = talker.stages().convert;
  for (let frame = END + 2; frame < END + 40; frame += 1)
    await Promise.all(players.map(({ play }) => play(frame)));
  t.ok(talker.stages().convert.laps - laps <= JOIN + REACH + ASKED);
  const at = loop.indexOf(hashesOf(other.read).at(-1)!);
  t.ok(at > 10, 'the other one shows it when it is whole');
  await portrait.close();
  t.equal((await loopFiles()).length, files + 1, 'as long as it is shown');
  await one.play(END + 60);
  await streams[0]!.close();
  await streams[1]!.close();
  t.equal((await loopFiles()).length, files);
});

t.test('speech while the motion goes over to the loop', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const options = { pace: 'live', idle: 'loop', frame: 'crop', steps: 2 } as const;
  await player(clock, talker.stream(portrait, options)).play(END + 1);
  for (const joined of [0, 3, 7]) {
    const stream = talker.stream(portrait, options);
    const { read, play } = player(clock, stream);
    await play(FIRST - REACH + joined); // so much of the join has been heard
    const said = pcm(50, 0);
    await stream.write(said);
    stream.flush();
    await play(FIRST + 80);
    const speaking = read.filter((frame) => frame.speaking);
    t.same(soundOf(speaking), said);
    t.ok(Math.max(...steps(read)) <= Math.max(...steps(speaking)), `no jump after ${joined}`);
    t.ok(new Set(hashesOf(speaking)).size === speaking.length, 'the mouth moves at once');
    await stream.close();
  }
});

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
  const stream = talker.stream(await talker.portrait(portraitFile), options); // which has no loop yet
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
