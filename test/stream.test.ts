import { setImmediate } from 'node:timers/promises';
import {
  KdtalkerError,
  type StreamFrame,
  type StreamOptions,
  type TalkStream,
  type UtteranceEnd,
} from 'kdtalker';
import t from 'tap';
import { fails } from './support/media.js';
import { FRAME_SOUND, hashesOf, pcm, readAll, soundOf, spoken, writePieces } from './support/streams.js';
import { loadBoth, portraitFile, SAMPLES_PER_FRAME } from './support/talker.js';

const FRAMES = 14;

/** Reads so many frames of an iteration that goes on. */
async function some(frames: AsyncIterator<StreamFrame>, count: number): Promise<StreamFrame[]> {
  const read: StreamFrame[] = [];
  while (read.length < count) {
    const { value, done } = await frames.next();
    if (done) break;
    read.push(value);
  }
  return read;
}

function endsOf(stream: TalkStream): UtteranceEnd[] {
  const ends: UtteranceEnd[] = [];
  stream.on('finished', (end) => ends.push(end));
  return ends;
}

t.test(
  'frames carry their sound, are as many as the sound is long, and do not depend on its pieces',
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const sound = pcm(FRAMES);
    const longer = Uint8Array.of(...sound, ...pcm(1).subarray(0, FRAME_SOUND - 1));
    const whole = await spoken(talker.stream(portrait, { seed: 7 }), longer);
    t.equal(whole.length, FRAMES, 'a frame that is not whole is left out, as in a clip');
    t.same(soundOf(whole), sound);
    t.same(
      whole.map(({ index, time, width, height, data, epoch, speaking }) => [
        ...[index, time, width, height, data.length],
        ...[epoch, speaking],
      ]),
      Array.from({ length: FRAMES }, (_, i) => [i, i / 25, 512, 512, 3 * 512 * 512, 0, true]),
    );
    const hashes = hashesOf(whole);
    t.ok(new Set(hashes).size > FRAMES / 2, 'the face moves');
    let drawn = 1;
    const random = (): number => {
      drawn = (drawn * 16807) % 2147483647;
      return 1 + (drawn % 3001);
    };
    for (const [name, size] of Object.entries<() => number>({
      'a sample': () => 2,
      'odd bytes': () => 333,
      random,
    }))
      t.same(hashesOf(await spoken(talker.stream(portrait, { seed: 7 }), longer, size)), hashes, name);
    t.notSame(hashesOf(await spoken(talker.stream(portrait, { seed: 8 }), longer)), hashes, 'another seed');
  },
);

t.test('every format of sound gives the same frames, and comes back as it was', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const mono = new Int16Array(pcm(FRAMES).buffer);
  const stereo = Int16Array.from({ length: 2 * mono.length }, (_, i) => mono[i >> 1]!);
  const floats = Float32Array.from(mono, (sample) => sample / 32768);
  const hashes = hashesOf(await spoken(talker.stream(portrait), pcm(FRAMES)));
  const given: [StreamOptions['sound'], Int16Array | Float32Array][] = [
    [{ channels: 2 }, stereo],
    [{ format: 'f32le' }, floats],
  ];
  for (const [sound, samples] of given) {
    const frames = await spoken(talker.stream(portrait, { sound }), new Uint8Array(samples.buffer));
    t.same(hashesOf(frames), hashes, JSON.stringify(sound));
    t.same(soundOf(frames), new Uint8Array(samples.buffer));
  }
  const numbers = talker.stream(portrait, { sound: { format: 'f32le' } });
  await numbers.write(floats);
  numbers.end();
  t.same(hashesOf(await readAll(numbers)), hashes, 'numbers');
  for (const rate of [8000, 24000, 44100]) {
    const frames = await spoken(talker.stream(portrait, { sound: { rate } }), new Uint8Array((2 * rate) / 5));
    t.same([frames.length, frames[0]!.sound.length], [5, (2 * rate) / 25], `${rate}`);
  }
});

t.test('a frame comes when the sound is there that it needs', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  for (const [hop, ahead, milliseconds] of [
    [1, 2, 217],
    [2, 2, 257],
    [4, 2, 337],
    [8, 4, 577],
  ] as const) {
    const stream = talker.stream(portrait, { hop, ahead });
    t.equal(stream.delay.sound, milliseconds, `hop ${hop}, ahead ${ahead}`);
    const frames = stream[Symbol.asyncIterator]();
    const first = frames.next();
    // At 16 kHz nothing is resampled, which counts for 4.5 ms.
    const needed = Math.round((milliseconds - 4.5) * 32);
    await stream.write(pcm(FRAMES + 4).subarray(0, needed));
    t.equal((await first).value!.index, 0);
    t.ok(stream.delay.compute > 0 && stream.delay.total > milliseconds, 'measured');
    await stream.close();
  }
});

t.test('flush lets the last frame out without more sound', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  for (const length of [5, 6, 7, 8]) {
    const stream = talker.stream(portrait);
    const ends = endsOf(stream);
    const started: string[] = [];
    stream.on('started', (id) => started.push(id));
    const frames = stream[Symbol.asyncIterator]();
    await stream.write(pcm(length).subarray(0, length * FRAME_SOUND - 10));
    stream.flush('hello');
    const read = await some(frames, length);
    t.same([read.length, started], [length, ['hello']]);
    t.same(ends, [{ id: 'hello', played: length / 25, interrupted: false }]);
    stream.end();
    const silence = await some(frames, 100);
    t.ok(
      silence.length > 0 &&
        silence.every(({ speaking, sound }) => !speaking && sound.every((byte) => byte === 0)),
    );
    t.equal(ends.length, 1);
  }
});

t.test('an interruption leaves what was heard, fades, and lets the mouth rest in four frames', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const stream = talker.stream(portrait, { seed: 7 });
  const ends = endsOf(stream);
  const frames = stream[Symbol.asyncIterator]();
  const loud = Int16Array.from({ length: 40 * SAMPLES_PER_FRAME }, (_, i) =>
    Math.round(9000 * Math.sin(i / 5)),
  );
  await stream.write(loud);
  const heard = await some(frames, 7);
  t.same(await stream.interrupt(), { frame: 6, played: 7 / 25 });
  t.same(ends, [{ id: '1', played: 7 / 25, interrupted: true }]);
  await writePieces(stream, pcm(9), () => 1001);
  stream.end();
  const rest = await some(frames, 100);
  t.same(
    rest.map(({ index, epoch }) => [index, epoch]),
    Array.from({ length: 4 + 9 }, (_, i) => [7 + i, 1]),
  );
  t.same(soundOf(rest.slice(4)), pcm(9));
  const fade = new Int16Array(rest[0]!.sound.slice().buffer);
  t.ok(
    fade.subarray(0, 20).some((sample) => Math.abs(sample) > 4000),
    'it does not click',
  );
  t.ok(
    fade.subarray(160).every((sample) => sample === 0),
    'after 10 ms it is silent',
  );
  t.same(
    rest.slice(0, 4).map(({ speaking }) => speaking),
    [false, false, false, false],
  );
  t.notSame(hashesOf(heard.slice(-1)), hashesOf(rest.slice(3, 4)));
  t.same(ends.at(-1), { id: '2', played: 9 / 25, interrupted: false });
});

t.test('say waits for its utterance, which an interruption ends', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const stream = talker.stream(portrait);
  const ends = endsOf(stream);
  async function* pieces(frames: number) {
    for (let i = 0; i < frames; i++) yield pcm(1, 40 + i);
  }
  const reading = (async () => {
    const read: StreamFrame[] = [];
    for await (const frame of stream) {
      read.push(frame);
      if (read.length === 9) await stream.interrupt();
    }
    return read;
  })();
  const said = stream.say(pieces(30), 'long');
  t.match(await said, { id: 'long', interrupted: true, played: 9 / 25 });
  t.same(await stream.say(pieces(5)), { id: 'say-1', interrupted: false, played: 5 / 25 });
  t.same(await stream.say(pieces(0), 'nothing'), { id: 'nothing', interrupted: false, played: 0 });
  stream.end();
  const frames = await reading;
  t.equal(frames.filter(({ speaking, epoch }) => speaking && epoch === 1).length, 5);
  t.same(
    ends.map(({ id }) => id),
    ['long', 'say-1'],
  );
});

t.test(
  'what is said at once is spoken in order, and an interruption ends what speaks and what waits',
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const stream = talker.stream(portrait);
    const ends = endsOf(stream);
    const frames = stream[Symbol.asyncIterator]();
    async function* pieces(first: number) {
      for (let i = 0; i < 3; i++) {
        await setImmediate();
        yield pcm(1, first + i);
      }
    }
    const said = ['a', 'b', 'c'].map((id, i) => stream.say(pieces(40 + 10 * i), id));
    const read: StreamFrame[] = [];
    while (ends.length < 3) read.push(...(await some(frames, 1)));
    t.same(
      soundOf(read.filter(({ speaking }) => speaking)),
      Buffer.concat([40, 50, 60].map((first) => pcm(3, first))),
    );
    const whole = { played: 3 / 25, interrupted: false };
    t.same(
      await Promise.all(said),
      ['a', 'b', 'c'].map((id) => ({ id, ...whole })),
    );

    let taken = 0;
    async function* stuck() {
      yield pcm(2);
      await new Promise(() => {});
    }
    async function* counted() {
      for (;;) {
        taken += 1;
        yield pcm(1);
      }
    }
    const [speaks, waits] = [stream.say(stuck(), 'stuck'), stream.say(counted(), 'waits')];
    await setImmediate();
    await stream.interrupt();
    t.match(await speaks, { id: 'stuck', interrupted: true });
    t.same(await waits, { id: 'waits', played: 0, interrupted: true });
    const next = stream.say(pieces(70), 'next');
    while (ends.length < 5) await some(frames, 1);
    t.same(await next, { id: 'next', ...whole }, 'pieces that never come hold nobody up');
    t.equal(taken, 0);
    t.same(
      ends.map(({ id }) => id),
      ['a', 'b', 'c', 'stuck', 'next'],
    );

    const last = [stream.say(stuck(), 'last'), stream.say(counted(), 'behind')];
    await setImmediate();
    await stream.close();
    for (const each of last) t.match(await each, { played: 0, interrupted: true });
  },
);

t.test('a WritableStream takes what write takes, and its end is the end', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const stream = talker.stream(portrait, { format: 'yuv420p' });
  const writer = stream.writable.getWriter();
  const writing = writer.write(pcm(6)).then(() => writer.close());
  const frames = await readAll(stream);
  await writing;
  t.equal(frames.length, 6);
  t.equal(frames[0]!.data.length, (512 * 512 * 3) / 2);
});

t.test('whole pictures and clip options mean what they mean in a clip', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const plain = hashesOf(await spoken(talker.stream(portrait, { seed: 1 }), pcm(6)));
  const options: StreamOptions[] = [
    { poseOffset: { yaw: 10 } },
    { still: true },
    { expressionScale: 0.5 },
    { region: 'lip' },
    { mode: 'relative' },
    { silenceGate: { threshold: 0, hysteresis: 0, after: 0 } },
  ];
  for (const each of options)
    t.notSame(
      hashesOf(await spoken(talker.stream(portrait, { seed: 1, ...each }), pcm(6))),
      plain,
      JSON.stringify(each),
    );
  for (const frame of ['full', undefined] as const) {
    const [first] = await spoken(talker.stream(portrait, { seed: 1, frame }), pcm(6));
    t.same([first!.width, first!.height], [portrait.photo!.width, portrait.photo!.height]);
  }
});

t.test('the mouth rests in silence', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const silence = new Uint8Array(30 * FRAME_SOUND);
  const options = { still: true, region: 'lip', sound: {} } as const;
  const frames = await spoken(talker.stream(portrait, options), silence);
  t.equal(new Set(hashesOf(frames)).size, 1, 'with still head and eyes all frames are the same');
  const open = await spoken(talker.stream(portrait, { ...options, silenceGate: false }), silence);
  t.ok(new Set(hashesOf(open)).size > 1);
});

t.test('thirty seconds may wait to be spoken, and then write waits for the reader', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const stream = talker.stream(portrait);
  const frames = stream[Symbol.asyncIterator]();
  await stream.write(new Uint8Array(750 * FRAME_SOUND));
  let taken = false;
  const waiting = stream.write(new Uint8Array(3 * FRAME_SOUND)).then(() => {
    taken = true;
  });
  await some(frames, 2);
  t.notOk(taken);
  await some(frames, 1);
  await waiting;
  const last = stream.write(new Uint8Array(FRAME_SOUND));
  const refused = fails(t, () => last, 'ABORTED');
  await stream.close();
  await refused;
});

t.test('wrong options and wrong sound are refused', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const refused: [unknown, RegExp][] = [
    [{ hop: 0 }, /an integer from 1 to 64 for hop/],
    [{ ahead: -1 }, /an integer from 0 to 32 for ahead/],
    [{ hop: 40, ahead: 24 }, /less than the window, 64/],
    [{ steps: 0 }, /for steps/],
    [{ sound: { rate: 16001 } }, /a multiple of 25/],
    [{ sound: { rate: 10 } }, /for sound.rate/],
    [{ sound: { channels: 3 } }, /1 or 2/],
    [{ sound: { format: 'mp3' } }, /'s16le' or 'f32le'/],
    [{ format: 'rgba' }, /'rgb24', 'yuv420p' or 'nv12'/],
    [{ edit: {} }, /received 'edit'/],
    [{ window: 32 }, /64, the only window/],
    [null, /an object/],
  ];
  for (const [options, message] of refused)
    await fails(
      t,
      async () => talker.stream(portrait, options as StreamOptions),
      'INVALID_ARGUMENT',
      message,
    );
  await fails(t, async () => talker.stream({} as never), 'INVALID_ARGUMENT', /a portrait/);
  const stream = talker.stream(portrait, { sound: { format: 'f32le' } });
  await fails(t, () => stream.write(new Int16Array(4)), 'INVALID_ARGUMENT', /f32le/);
  await fails(t, () => stream.write('sound' as never), 'INVALID_ARGUMENT');
  const transferred = new Float32Array(4);
  structuredClone(transferred, { transfer: [transferred.buffer] });
  await fails(
    t,
    () => stream.write(transferred),
    'INVALID_ARGUMENT',
    /Float32Array whose memory was transferred/,
  );
  for (const pieces of [null, undefined, 'sound', 5, {}])
    await fails(t, () => stream.say(pieces as never), 'INVALID_ARGUMENT', /an async iterable/);
  await fails(t, () => stream.say([] as never, 5 as never), 'INVALID_ARGUMENT', /a string/);
  await fails(t, async () => stream.flush({} as never), 'INVALID_ARGUMENT', /a string/);
  await fails(t, () => stream.write(Float32Array.of(0, Number.NaN)), 'SPEECH_NOT_FINITE', /sample 1/);
  stream.end();
  stream.end();
  await fails(t, () => stream.write(new Float32Array(4)), 'CLOSED', /end\(\)/);
  await stream.close();
  await stream.close();
  await fails(t, () => stream.write(new Float32Array(4)), 'CLOSED');
  await fails(t, () => stream.interrupt(), 'CLOSED');
  await fails(t, () => readAll(stream), 'CLOSED');
});

t.test('a signal and close() end a stream at once, and its utterances once each', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const reason = new Error('enough');
  const controller = new AbortController();
  const stream = talker.stream(portrait, { signal: controller.signal });
  const ends = endsOf(stream);
  const frames = stream[Symbol.asyncIterator]();
  await stream.write(pcm(FRAMES));
  await some(frames, 1);
  controller.abort(reason);
  const error = await frames.next().catch((thrown: unknown) => thrown);
  t.ok(error instanceof KdtalkerError && error.code === 'ABORTED' && error.cause === reason);
  t.same(ends, [{ id: '1', played: 1 / 25, interrupted: true }]);
  await fails(t, async () => talker.stream(portrait, { signal: controller.signal }), 'ABORTED');

  const left = talker.stream(portrait);
  await left.write(pcm(FRAMES));
  for await (const _ of left) break;
  await fails(t, () => left.write(pcm(1)), 'CLOSED', /open stream/);

  const open = talker.stream(portrait);
  const waiting = open[Symbol.asyncIterator]().next();
  const stopped = fails(t, () => waiting, 'ABORTED');
  await talker.close();
  await stopped;
  await fails(t, async () => talker.stream(portrait), 'CLOSED');
});

t.test('interruptions, ends and closes at any moment: one end for each utterance', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  let drawn = 5;
  const draw = (below: number) => {
    drawn = (drawn * 16807) % 2147483647;
    return drawn % below;
  };
  const run = async () => {
    const stream = talker.stream(portrait, { hop: 1 + draw(6), ahead: draw(4) });
    const ends = endsOf(stream);
    let begun = 0;
    stream.on('started', () => begun++);
    const reading = (async () => {
      const indices: number[] = [];
      for await (const { index } of stream) indices.push(index);
      return indices;
    })().catch((error: KdtalkerError) => error.code);
    for (let i = 0; i < 6; i++) {
      await stream.write(pcm(2 + draw(9)).subarray(draw(3)));
      if (draw(2) === 0) stream.flush();
      if (draw(2) === 0) await stream.interrupt();
      else if (draw(3) === 0) stream.interrupt().catch(() => {});
    }
    if (draw(3) === 0) await stream.close();
    else stream.end();
    const indices = await reading;
    if (Array.isArray(indices))
      t.same(
        indices,
        Array.from(indices, (_, i) => i),
        'in order, each once',
      );
    else t.equal(indices, 'ABORTED');
    t.equal(new Set(ends.map(({ id }) => id)).size, ends.length);
    t.ok(ends.length >= begun);
  };
  for (let i = 0; i < 3; i++) await Promise.all([run(), run(), run()]);
  t.same(await spoken(talker.stream(portrait), new Uint8Array(100)), [], 'less than a frame is none');
});

t.test('one small upload a hop, one download a frame, nothing else', async (t) => {
  const { talker } = await loadBoth(t, { device: 'guarded', threads: 1 });
  const portrait = await talker.portrait(portraitFile);
  const before = talker.counters();
  const stream = talker.stream(portrait, { frame: 'crop' });
  const frames = await spoken(stream, pcm(12));
  const after = talker.counters();
  t.equal(frames.length, 12);
  const changed = Object.entries(after).filter(([name, count]) => {
    const old = before[name as keyof typeof before];
    return count.uploads !== old.uploads || count.downloads !== old.downloads;
  });
  t.same(changed.map(([name]) => name).sort(), ['frame', 'spectrogram']);
  t.equal(after.frame.downloads - before.frame.downloads, 12);
  t.equal(after.spectrogram.uploads - before.spectrogram.uploads, 1 + 12 / 4, 'the silence, and a hop each');
  t.ok(after.spectrogram.uploadBytes - before.spectrogram.uploadBytes < 80 * 80 * 4);
});
