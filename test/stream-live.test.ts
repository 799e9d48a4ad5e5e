import type { LateFrame, Portrait, Talker, TalkStream } from 'kdtalker';
import t from 'tap';
import { PacedFeed } from '../dist/talker/stream/paced-feed.js';
import { fails } from './support/media.js';
import { FRAME_SOUND, hashesOf, pcm, soundOf } from './support/streams.js';
import { loadBoth, SAMPLES_PER_FRAME } from './support/talker.js';
import { askedFrames, FRAME, player, VirtualClock } from './support/virtual-clock.js';

/** Frames that a stream of a talker with two threads has asked for ahead when its reader has one. */
const AHEAD = 3;

t.test('a frame every 40 ms, whether somebody speaks or not', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clock = VirtualClock.use(t);
  const stream = talker.stream(portrait, { pace: 'live', seed: 3, frame: 'crop' });
  t.same(stream.delay.total, 480, '9 frames of sound, and 3 for computing');
  const late: LateFrame[] = [];
  const ends: string[] = [];
  stream.on('late', (frame) => late.push(frame));
  stream.on('finished', ({ id, played }) => ends.push(`${id} ${played.toFixed(2)}`));
  const { frames, read, play } = player(clock, stream);
  await play(11);
  const said = pcm(5);
  await stream.write(said.subarray(0, 3001));
  await stream.write(said.subarray(3001));
  stream.flush('hello');
  await play(30);
  const speaking = read.filter((frame) => frame.speaking);
  t.same(
    speaking.map(({ index }) => index),
    [19, 20, 21, 22, 23],
    'written after frame 10 left, at 400 ms, and due 480 ms later, with the next tick',
  );
  t.same(soundOf(speaking), said);
  t.ok(
    read.every(({ speaking, sound }) => speaking || sound.every((byte) => byte === 0)),
    'all else is silence',
  );
  t.ok(new Set(hashesOf(read.slice(0, 11))).size > 5, 'idle: it lives');
  t.same(ends, ['hello 0.20']);
  t.same(late, [], 'up to three frames early');

  await clock.to(FRAME * 30 + 3 * FRAME + 50);
  t.equal((await frames.next()).value!.index, 30);
  t.same(late, [{ index: 30, milliseconds: 50 }]);
  await stream.write(pcm(20));
  t.match(await stream.interrupt(), { frame: 30, played: 0 });
  stream.end();
  const rest = frames.next();
  await clock.to(clock.now + FRAME);
  t.match((await rest).value, { index: 31, epoch: 1, speaking: false });
  await stream.close();
});

t.test(
  'a reader who is half a second late loses pictures, never sound; after five seconds he gets an error',
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const clock = VirtualClock.use(t);
    const made = askedFrames(t);
    const said = pcm(40);
    /** What a reader sees who is in time. */
    const expected = await inTime(talker, portrait, said, clock);
    const before = talker.stages().convert.laps;
    const laps = () => talker.stages().convert.laps - before;
    const begun = clock.now;
    const stream = talker.stream(portrait, { pace: 'live', frame: 'crop' });
    const frames = stream[Symbol.asyncIterator]();
    const first = frames.next();
    await stream.write(said);
    stream.flush();
    const read = [(await first).value!];
    await clock.to(begun + 1);
    const readAt = async (index: number, late: number) => {
      const next = frames.next();
      await clock.to(begun + FRAME * (index + 3) + late);
      read.push((await next).value!);
    };
    let skipped = 0;
    /** The next frames, which were asked for ahead, are there before the reader wants one. */
    const sleep = async (index: number, late: number) => {
      await clock.to(begun + FRAME * (index + 3) + late);
      await made();
    };
    await readAt(1, 0);
    await sleep(2, 499);
    await readAt(2, 499);
    t.equal(read.at(-1)!.index, 2, 'not yet late');
    await sleep(3, 800);
    await readAt(3, 800);
    t.equal(read.at(-1)!.index, 23, '20 pictures are left out');
    skipped = 20 - AHEAD;
    while (read.at(-1)!.index < 60) await readAt(read.at(-1)!.index + 1, 0);
    const sound = soundOf(read);
    t.equal(sound.length, 61 * FRAME_SOUND, 'all sound is there');
    t.ok(Buffer.from(sound).includes(Buffer.from(said)), 'in its order');
    t.same(
      hashesOf(read),
      read.map(({ index }) => expected[index]),
      'what is shown is what it would have been',
    );
    await sleep(61, 5001);
    t.equal(laps(), 61 + AHEAD - skipped, 'those left out are not made, except those that were asked for');
    await t.rejects(frames.next(), { code: 'TOO_SLOW' });
    await t.rejects(stream.write(said), { code: 'CLOSED' });
  },
);

/** The hashes of frames that are read when they may leave. */
async function inTime(talker: Talker, portrait: Portrait, said: Uint8Array, clock: VirtualClock) {
  const begun = clock.now;
  const stream = talker.stream(portrait, { pace: 'live', frame: 'crop' });
  const frames = stream[Symbol.asyncIterator]();
  const first = frames.next();
  await stream.write(said);
  stream.flush();
  const read = [(await first).value!];
  await clock.to(begun + 1);
  while (read.length < 62) {
    const next = frames.next();
    await clock.to(begun + FRAME * read.length);
    read.push((await next).value!);
  }
  await stream.close();
  return hashesOf(read);
}

t.test('a device that has no time for another live stream refuses it', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  VirtualClock.use(t);
  const streams: TalkStream[] = [];
  let refusal: unknown;
  while (refusal === undefined) {
    const stream = talker.stream(portrait, { pace: 'live' });
    streams.push(stream);
    refusal = await stream[Symbol.asyncIterator]()
      .next()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    t.ok(talker.stats().cost.frame > 0, 'costs were measured before');
  }
  t.match(refusal, { code: 'BUSY', retryAfter: 10 });
  t.ok(talker.stats().live.load > 0 || streams.length === 1, 'those that were admitted count');
  await Promise.all(streams.map((stream) => stream.close()));
  t.equal(talker.stats().live.load, 0);
});

t.test(
  'a stream that holds still shows its last frame again, for nothing, and speaks as soon as any other',
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const clock = VirtualClock.use(t);
    const stream = talker.stream(portrait, { pace: 'live', idle: 'still', frame: 'crop' });
    const { read, play } = player(clock, stream);
    await play(60);
    const early = hashesOf(read);
    for (const { data } of read) structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
    await play(100);
    t.ok(
      talker.stages().convert.laps <= 34 + 16,
      'what is shown again is not rendered; 16 were measured before',
    );
    const hashes = [...early, ...hashesOf(read.slice(60))];
    t.equal(new Set(hashes.slice(34)).size, 1, 'still, whatever the reader does with his frames');
    t.ok(new Set(hashes.slice(0, 26)).size > 10, 'after a second of silence and what is heard ahead');
    t.ok(read[98]!.data !== read[99]!.data, 'each frame has its own memory');
    const said = pcm(5);
    await stream.write(said);
    stream.flush('hello');
    await play(160);
    t.same(
      read.filter((frame) => frame.speaking).map(({ index }) => index),
      [108, 109, 110, 111, 112],
      'written after frame 99 left',
    );
    t.same(soundOf(read.slice(108, 113)), said);
    t.same(
      read.map(({ index, time }) => [index, time]),
      Array.from({ length: 160 }, (_, i) => [i, i / 25]),
    );
    t.equal(new Set(hashesOf(read.slice(150))).size, 1, 'still again');
    t.same(await stream.interrupt(), { frame: 159, played: 0 });
    await play(170);
    t.same(
      read.slice(160).map(({ index, epoch }) => [index, epoch]),
      Array.from({ length: 10 }, (_, i) => [160 + i, 1]),
    );
    await stream.close();
  },
);

t.test('options of the other pace are refused', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  for (const options of [
    { lead: 2 },
    { idle: 'still' },
    { pace: 'live', lead: 0 },
    { pace: 'live', idle: 'x' },
  ])
    await fails(t, async () => talker.stream(portrait, options as never), 'INVALID_ARGUMENT');
});

/** Frames of loud sound, or of silence; each is recognised by its first sample. */
function frameOf(mark: number, loud: boolean): Int16Array {
  const samples = Int16Array.from(
    { length: SAMPLES_PER_FRAME },
    (_, i) => (loud ? 9000 : 3) * (i % 2 ? 1 : -1),
  );
  samples[0] = mark;
  return samples;
}

/** A voice that writes down what it says: the mark of a frame, or rest. */
class FakeVoice {
  said: (number | 'rest' | string)[] = [];
  get frames(): number {
    return this.said.filter((each) => typeof each === 'number' || each === 'rest').length;
  }
  async speak(pcm: Uint8Array): Promise<void> {
    this.said.push(pcm.length === FRAME_SOUND ? new Int16Array(pcm.slice().buffer)[0]! : 'a part');
  }
  rest(count: number): void {
    for (let i = 0; i < count; i++) this.said.push('rest');
  }
  begin({ id }: { id: string }): void {
    this.said.push(`begin ${id}`);
  }
  flush(id: string): void {
    this.said.push(`flush ${id}`);
  }
  open(): void {
    this.said.push('open');
  }
  flushUnheard(id: string): void {
    this.said.push(`unheard ${id}`);
  }
  end(): void {
    this.said.push('end');
  }
}

const REACH = 9;

function begin(t: typeof import('tap').default | Parameters<typeof VirtualClock.use>[0]) {
  const clock = VirtualClock.use(t as never);
  const voice = new FakeVoice();
  const sound = { rate: 16_000, channels: 1, format: 's16le' } as const;
  const feed = new PacedFeed(voice as never, { sound, idle: 'model' }, { fps: 25, reach: REACH });
  const stop = new AbortController();
  const done = feed.run(stop.signal, () => Math.floor(clock.now / FRAME));
  const numbers = () => voice.said.filter((each) => typeof each === 'number') as number[];
  return { clock, voice, feed, stop, done, numbers };
}

t.test('a source in real time is spoken frame by frame, and joined where it was late', async (t) => {
  const { clock, voice, feed, numbers, stop, done } = begin(t);
  // A second of speech, a second of silence, and so on.
  const loud = (i: number) => i % 50 < 25;
  for (let i = 0; i < 100; i++) {
    await feed.write(frameOf(i + 1, loud(i)));
    await clock.to(FRAME * (i + 1));
  }
  const inOrder = Array.from({ length: 100 }, (_, i) => i + 1);
  t.same(numbers(), inOrder.slice(0, numbers().length), 'nothing is left out');
  t.ok(numbers().length >= 98);
  const gaps = voice.said.slice(REACH).filter((each) => each === 'rest').length;
  t.ok(gaps <= 1, 'and nothing is put in, but one frame in the first silence');

  await clock.to(clock.now + 2000); // it stalls
  t.ok(
    voice.said.slice(-40).every((each) => each === 'rest'),
    'gaps are silent',
  );
  for (let i = 100; i < 150; i++) await feed.write(frameOf(i + 1, loud(i)));
  t.ok(feed.waiting >= 50);
  for (let i = 150; i < 350; i++) {
    await feed.write(frameOf(i + 1, loud(i)));
    await clock.to(clock.now + FRAME);
  }
  t.ok(feed.waiting <= 6, `worked off: ${feed.waiting} wait`);
  const missing = Array.from({ length: 340 }, (_, i) => i + 1).filter((mark) => !numbers().includes(mark));
  t.ok(
    missing.length >= 44 && missing.every((mark) => !loud(mark - 1) || !loud(mark - 2)),
    'in silences only',
  );
  stop.abort();
  await done;
});

t.test('after a minute without a silence a frame a second is joined', async (t) => {
  const { clock, feed, numbers, stop, done } = begin(t);
  for (let i = 0; i < 25; i++) await feed.write(frameOf(i + 1, true));
  for (let i = 25; i < 25 * 65; i++) {
    await feed.write(frameOf(i + 1, true));
    await clock.to(clock.now + FRAME);
    if (i === 25 * 60) t.equal(numbers().length, numbers().at(-1), 'not before');
  }
  const missing = numbers().at(-1)! - numbers().length;
  t.ok(missing >= 3 && missing <= 6, `${missing}`);
  stop.abort();
  await done;
});

t.test('an utterance whose end is known is not shortened', async (t) => {
  const { clock, voice, feed, numbers, stop, done } = begin(t);
  feed.begin({ id: 'said' });
  for (let i = 0; i < 100; i++) await feed.write(frameOf(i + 1, i % 50 < 25));
  feed.flush('said');
  await feed.write(frameOf(101, true).subarray(0, 9));
  feed.flush('part');
  await clock.to(FRAME * 110);
  t.same(
    numbers(),
    Array.from({ length: 101 }, (_, i) => i + 1),
  );
  t.same(
    voice.said.filter((each) => typeof each === 'string' && each !== 'rest'),
    ['begin said', 'flush said', 'flush part'],
  );
  feed.begin({ id: 'next' });
  await feed.write(frameOf(102, true));
  feed.flush('next');
  await feed.write(frameOf(103, true));
  feed.end();
  voice.said = [];
  feed.clear(0);
  t.same(voice.said, ['begin next', 'open', 'unheard next', 'open'], 'each utterance that waits is begun');
  t.equal(feed.waiting, 0);
  await clock.to(clock.now + 2 * FRAME);
  t.equal(voice.said.at(-1), 'end', 'the end stays');
  await done;
  stop.abort();
});
