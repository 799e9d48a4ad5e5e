// Loops of idle life whose pictures cannot be kept, or not be read any more: the stream goes on as the model makes it.

import { execFileSync } from 'node:child_process';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamFrame, StreamOptions, TalkStream } from 'kdtalker';
import t, { type Test } from 'tap';
import { diskFull } from '../dist/files/output-error.js';
import { PieceFile } from '../dist/files/piece-file.js';
import { mountTmpfs, setEnvironment } from './support/media.js';
import { hashesOf, pcm, soundOf } from './support/streams.js';
import { loadBoth } from './support/talker.js';
import { player, VirtualClock } from './support/virtual-clock.js';
import { warningsOf } from './support/warnings.js';

/** A second of silence and what is heard ahead, ten seconds, and the frames in which the motion goes over to them. */
const FIRST = 34;
const LOOP = 250;
const END = FIRST + LOOP;
const JOIN = 8;

const OPTIONS = { pace: 'live', idle: 'loop', frame: 'crop', steps: 2, seed: 5 } as const;

/** The largest step between two pictures, per byte. */
function jump(frames: readonly StreamFrame[]): number {
  let most = 0;
  for (const [i, { data }] of frames.entries()) {
    const before = frames[i - 1]?.data ?? data;
    let sum = 0;
    for (let at = 0; at < data.length; at += 7) sum += Math.abs(data[at]! - before[at]!);
    most = Math.max(most, (7 * sum) / data.length);
  }
  return most;
}

/** Speaks, and plays on until so many frames are read behind it. */
async function speak(stream: TalkStream, { read, play }: ReturnType<typeof player>, then: number) {
  await stream.write(pcm(10));
  stream.flush();
  const { length } = read;
  await play(length + 30);
  const last = read.findLastIndex(({ speaking }) => speaking);
  await play(last + then);
  return read.slice(length).filter(({ speaking }) => speaking);
}

/** The pictures of a stream that lives on as the model makes it. */
async function living(t: Test, frames: number): Promise<string[]> {
  const { talker, portrait } = await loadBoth(t);
  const options: StreamOptions = { ...OPTIONS, idle: 'model' };
  const { read, play } = player(VirtualClock.use(t), talker.stream(portrait, options));
  await play(frames);
  return hashesOf(read);
}

const indicesAre = (t: Test, read: readonly StreamFrame[]) =>
  t.same(
    read.map(({ index }) => index),
    read.map((_, index) => index),
  );

t.test('a disk that is full: the model goes on, and a later stream tries again', async (t) => {
  const disk = mountTmpfs(t, 'size=4m'); // room for five pictures
  if (disk === undefined) return t.comment('not allowed to mount: skipped');
  const expected = await living(t, FIRST + 40);
  setEnvironment(t, { TMPDIR: disk });
  const warnings = warningsOf(t);
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const stream = talker.stream(portrait, OPTIONS);
  const played = player(clock, stream);
  await played.play(FIRST + 5);
  t.equal((await readdir(disk)).length, 1);
  await played.play(FIRST + 40);
  t.same(hashesOf(played.read), expected);
  t.same(await readdir(disk), [], 'nothing of it is left');
  t.match(await warnings(), [{ code: 'IDLE_LOOP_LOST', message: /idle 'model'.*the disk.*is full/ }]);

  t.same(soundOf(await speak(stream, played, FIRST + JOIN + 20)), pcm(10));
  t.same(await readdir(disk), [], 'it does not try again');
  indicesAre(t, played.read);
  execFileSync('mount', ['-o', 'remount,size=400m', disk]);
  const later = player(clock, talker.stream(portrait, OPTIONS));
  await later.play(FIRST + 20);
  t.equal((await readdir(disk)).length, 1, 'one that comes later does');
  await portrait.close();
  await stream.close();
  t.equal((await readdir(disk)).length, 1, 'and does not lose it to the first');
  t.equal((await warnings()).length, 1);
});

t.test('a folder that cannot be written', async (t) => {
  const locked = mountTmpfs(t, 'ro');
  if (locked === undefined) return t.comment('not allowed to mount: skipped');
  const expected = await living(t, FIRST + 20);
  const warnings = warningsOf(t);
  setEnvironment(t, { TMPDIR: locked });
  const { talker, portrait } = await loadBoth(t);
  const { read, play } = player(VirtualClock.use(t), talker.stream(portrait, OPTIONS));
  await play(FIRST + 20);
  t.same(hashesOf(read), expected);
  t.match(await warnings(), [{ code: 'IDLE_LOOP_LOST', message: /file system is read-only/ }]);
});

t.test('a disk that becomes full when the motion goes over to the beginning', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  const { add } = PieceFile.prototype;
  t.teardown(() => Object.assign(PieceFile.prototype, { add }));
  for (const at of [LOOP - JOIN - 2, LOOP - 2]) {
    const { talker, portrait } = await loadBoth(t);
    PieceFile.prototype.add = async function (bytes) {
      if (this.length === at) throw diskFull(folder);
      return add.call(this, bytes);
    };
    const stream = talker.stream(portrait, OPTIONS);
    const played = player(VirtualClock.use(t), stream);
    await played.play(END + 30);
    const { read } = played;
    indicesAre(t, read);
    t.same(await readdir(folder), [], `frame ${at}`);
    t.ok(new Set(hashesOf(read.slice(FIRST))).size > 0.9 * (LOOP + 30), 'it lives on');
    t.ok(jump(read.slice(END - 1)) <= jump(read.slice(FIRST, END)), 'without a jump');
    t.same(soundOf(await speak(stream, played, FIRST)), pcm(10));
    await talker.close();
  }
});

t.test('pictures that another program has taken away', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  const warnings = warningsOf(t);
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const streams: TalkStream[] = [];
  const open = () => {
    streams.push(talker.stream(portrait, OPTIONS));
    return player(clock, streams.at(-1)!);
  };
  const maker = open();
  await maker.play(END + 10);
  const other = open();
  /** Both at once. */
  const play = async (frames: number) => {
    for (let i = 0; i < frames; i++)
      await Promise.all([maker, other].map(({ read, play }) => play(read.length + 1)));
  };
  await play(FIRST + JOIN + 10); // the other one shows the loop, too
  const [file] = await readdir(folder);
  await truncate(join(folder, file!), 0);
  await play(50);
  const ordinary = jump(maker.read.slice(FIRST, END));
  for (const { read } of [other, maker]) {
    indicesAre(t, read);
    t.ok(new Set(hashesOf(read.slice(-50))).size > 40, 'it lives on');
    t.ok(jump(read.slice(-53)) <= 1.5 * ordinary, 'without a jump');
  }
  t.same(soundOf(await speak(streams[0]!, maker, FIRST + JOIN + 5)), pcm(10));
  const lost = (await warnings()).filter(({ message }) => /shortened the file/.test(message));
  t.equal(lost.length, 1);
  for (const stream of streams) await stream.close();
  t.same(await readdir(folder), []);
});
