// Source videos whose streams repeat their idle life: the loop is as often the video as fits, and every frame shows the picture on whose turn it is.

import { readdir } from 'node:fs/promises';
import type { StreamFrame } from 'kdtalker';
import t from 'tap';
import { setEnvironment } from './support/media.js';
import { hashesOf, pcm, soundOf } from './support/streams.js';
import { loadTalker } from './support/talker.js';
import { movingPortrait } from './support/videos.js';
import { player, VirtualClock } from './support/virtual-clock.js';

/** A second of silence and what is heard ahead, and the frames in which the motion goes over to a loop. */
const FIRST = 34;
const JOIN = 8;

/** How far two pictures are apart, per byte. */
function step(one: StreamFrame, other: StreamFrame): number {
  let sum = 0;
  for (let i = 0; i < one.data.length; i += 7) sum += Math.abs(one.data[i]! - other.data[i]!);
  return (7 * sum) / one.data.length;
}

const jump = (frames: readonly StreamFrame[]) =>
  Math.max(...frames.slice(1).map((frame, i) => step(frames[i]!, frame)));

for (const [repeat, period] of [
  ['loop', 20],
  ['ping-pong', 38],
] as const) {
  const loop = period * Math.ceil(250 / period);
  const end = FIRST + loop;
  t.test(`a source video that repeats in ${period} pictures`, async (t) => {
    const { talker, video } = await open(t, repeat);
    const clock = VirtualClock.use(t);
    const options = { pace: 'live', idle: 'loop', frame: 'full', mode: 'absolute', steps: 2 } as const;
    const maker = player(clock, talker.stream(video, options));
    await maker.play(end + 60);
    const made = hashesOf(maker.read.slice(FIRST, end));
    t.same(hashesOf(maker.read.slice(end)), made.slice(0, 60), 'it comes back to its beginning');
    const ordinary = jump(maker.read.slice(1, end - JOIN));
    t.ok(jump(maker.read.slice(end - JOIN)) <= 1.2 * ordinary, 'without a jump');

    const stream = talker.stream(video, options);
    const { read, play } = player(clock, stream);
    await play(FIRST + JOIN + 30);
    const from = JOIN % period;
    t.same(hashesOf(read.slice(FIRST + JOIN)), made.slice(from, from + 30), 'from the picture on its turn');
    const said = pcm(15, 0);
    await stream.write(said);
    stream.flush();
    const { length } = read;
    await play(length + 40);
    t.same(soundOf(read.filter(({ speaking }) => speaking)), said);
    const again = read.findLastIndex(({ speaking }) => speaking) + 1 + FIRST + JOIN;
    await play(again + 25);
    const then = (again - FIRST) % period;
    t.same(hashesOf(read.slice(again)), made.slice(then, then + 25), 'in a later silence too');
    t.ok(jump(read.slice(1)) <= 1.2 * ordinary, 'no picture of the video is left out or shown twice');
    await video.close();
    await stream.close();
  });
}

async function open(t: import('tap').Test, repeat: 'loop' | 'ping-pong', folder = t.testdir()) {
  const talker = await loadTalker(t);
  const video = await talker.sourceVideo(movingPortrait(folder, 'moving.mp4', { frames: 20 }), { repeat });
  return { talker, video };
}

t.test('the loop of a source video goes with it, as soon as nobody shows it', async (t) => {
  const folder = t.testdir({ tmp: {} });
  const { talker, video } = await open(t, 'loop', folder);
  setEnvironment(t, { TMPDIR: `${folder}/tmp` });
  const files = async () => (await readdir(`${folder}/tmp`)).filter((name) => name.startsWith('.loop'));
  const { frames, play } = player(
    VirtualClock.use(t),
    talker.stream(video, { pace: 'live', idle: 'loop', steps: 2 }),
  );
  await play(FIRST + 262);
  t.equal((await files()).length, 1);
  await video.close();
  t.equal((await files()).length, 1);
  await play(FIRST + 300);
  await frames.return!(undefined as never);
  t.same(await files(), []);
});
