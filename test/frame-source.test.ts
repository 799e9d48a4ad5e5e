import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FrameSource, FrameStore } from '../dist/media/index.js';
import type { Picture } from '../dist/picture.js';
import { fails, ffmpeg, ffmpegs, names, processesWith, setEnvironment, sine, wav } from './support/media.js';
import { colours, movingPortrait } from './support/videos.js';

const AT_25 = { fps: 25, signal: undefined };

async function picturesOf(input: string | Uint8Array, options = AT_25): Promise<Picture[]> {
  const source = await FrameSource.open(input, options);
  const pictures: Picture[] = [];
  try {
    for await (const picture of source.frames()) pictures.push(picture);
    return pictures;
  } finally {
    await source.close();
  }
}

const reds = (pictures: Picture[]) => pictures.map(({ data }) => data[3 * (32 * 64 + 32)]!);

for (const program of ffmpegs()) {
  t.test(`pictures of a video: ${program}`, async (t) => {
    setEnvironment(t, { FFMPEG_PATH: program });
    const folder = t.testdir();
    const file = colours(folder, 'a.mkv', 12);
    const pictures = await picturesOf(file);
    t.same(reds(pictures), [20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130], 'each once, in order');
    t.match(pictures[3], { width: 64, height: 64 });
    t.same(reds(await picturesOf(readFileSync(file))), reds(pictures), 'the same from bytes');

    const fast = await picturesOf(colours(folder, 'fast.mkv', 24, 50));
    t.equal(fast.length, 12, 'of 50 a second every other one');
    const slow = reds(await picturesOf(colours(folder, 'slow.mkv', 6, 12.5)));
    t.ok(slow.length >= 11 && slow.length <= 12, `of 12.5 a second each twice: ${slow}`);
    t.same(
      [...slow].sort((a, b) => a - b),
      slow,
      'in order',
    );
  });
}

t.test('turned as the file says, without covers and sound', async (t) => {
  const folder = t.testdir();
  movingPortrait(folder, 'lying.mp4', { frames: 3, width: 320, height: 256 });
  const turned = join(folder, 'turned.mp4');
  ffmpeg('-i', join(folder, 'lying.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', turned);
  const [first] = await picturesOf(turned);
  t.same([first!.width, first!.height], [256, 320]);
});

t.test('what is no video', async (t) => {
  const folder = t.testdir({
    'empty.mp4': '',
    'text.mp4': 'no video at all',
    'list.m3u8': '#EXTM3U\n/etc/hostname\n',
  });
  const sound = join(folder, 'sound.wav');
  writeFileSync(sound, wav({ channels: [sine(0.2)] }));
  const whole = movingPortrait(folder, 'whole.mp4', { frames: 4 });
  const cut = join(folder, 'cut.mp4');
  writeFileSync(cut, readFileSync(whole));
  truncateSync(cut, 600);
  const small = colours(folder, 'small.mkv', 2);
  ffmpeg('-i', small, '-vf', 'scale=16:16', join(folder, 'tiny.mkv'));
  for (const [name, code, message] of [
    ['missing.mp4', 'FILE_NOT_FOUND', /for video but received .*does not exist/],
    ['empty.mp4', 'VIDEO_UNREADABLE', /is empty/],
    ['list.m3u8', 'VIDEO_UNREADABLE', /is a playlist/],
    ['text.mp4', 'VIDEO_UNREADABLE', /ffmpeg cannot decode/],
    ['cut.mp4', 'VIDEO_UNREADABLE', /ffmpeg cannot decode/],
    ['sound.wav', 'VIDEO_UNREADABLE', /has no pictures \(it is wav\)/],
    ['tiny.mkv', 'PICTURE_TOO_SMALL', /16x16/],
  ] as const)
    await fails(t, () => picturesOf(join(folder, name)), code, message);
  await fails(t, () => picturesOf(5 as never), 'INVALID_ARGUMENT', /a path or bytes for video/);
  t.same(processesWith(folder), [], 'no ffmpeg is left');
});

t.test('a reader that stops, an abort and close() end the ffmpeg', async (t) => {
  const folder = t.testdir();
  const file = movingPortrait(folder, 'long.mp4', { frames: 120 });
  for (const how of ['return', 'abort', 'close', 'kill'] as const) {
    const controller = new AbortController();
    const source = await FrameSource.open(file, { fps: 25, signal: controller.signal });
    const frames = source.frames();
    await frames.next();
    const running = processesWith(file);
    t.equal(running.length, 1, `${how}: one ffmpeg`);
    if (how === 'return') await frames.return();
    if (how === 'abort') controller.abort('enough');
    if (how === 'close') await source.close();
    if (how === 'kill') process.kill(Number(running[0]!.split(' ')[0]), 'SIGKILL');
    const rest = async () => {
      for await (const _ of frames);
    };
    const code = { abort: 'ABORTED', close: 'CLOSED', kill: 'FFMPEG_FAILED' };
    if (how === 'return') await rest();
    else await fails(t, rest, code[how]);
    await source.close();
    t.same(processesWith(file), [], `${how}: none after it`);
  }
  await fails(t, () => picturesOf(file, { fps: 25, signal: AbortSignal.abort() as never }), 'ABORTED');
});

t.test('a system that writes and reads less than it was asked for', async (t) => {
  setEnvironment(t, { TMPDIR: t.testdir() });
  const data = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * i) % 251);
  const picture = { data, width: 64, height: 64 };
  const whole = await FrameStore.create();
  await whole.add(picture);
  const expected = await whole.read(0);
  await whole.close();
  await patchHandles(t, 300);
  const store = await FrameStore.create();
  t.teardown(() => store.close());
  await store.add(picture);
  await store.add(picture);
  for (const index of [0, 1]) t.same((await store.read(index)).data, expected.data, `picture ${index}`);
});

t.test('a temporary file that something else has cut', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  const store = await FrameStore.create();
  t.teardown(() => store.close());
  await store.add({ data: new Uint8Array(3 * 64 * 64).fill(99), width: 64, height: 64 });
  const file = join(folder, names(folder)[0]!);
  truncateSync(file, statSync(file).size - 5);
  await fails(t, () => store.read(0), 'FILE_NOT_FOUND', /Expected \d+ bytes of pictures in .* received \d+/);
});

/** From now on a read or write at a place of an open file does `most` bytes at once. */
async function patchHandles(t: Test, most: number): Promise<void> {
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { read, write } = prototype;
  t.teardown(() => Object.assign(prototype, { read, write }));
  const cut = (call: (...args: unknown[]) => unknown) =>
    function (this: unknown, bytes: Uint8Array, offset: number, length: number, at: number) {
      return call.call(this, bytes, offset, Math.min(most, length), at);
    };
  Object.assign(prototype, { read: cut(read), write: cut(write) });
}

t.test('kept pictures are read in any order, and gone after close()', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  const pictures = await picturesOf(colours(t.testdir({ tmp: {} }), 'a.mkv', 5));
  const store = await FrameStore.create();
  for (const picture of pictures) await store.add(picture);
  t.equal(store.length, 5);
  for (const index of [4, 0, 2, 2]) {
    const { data, width, height } = await store.read(index);
    t.same([width, height], [64, 64]);
    t.ok(
      data.every((level, i) => Math.abs(level - pictures[index]!.data[i]!) <= 3),
      `picture ${index}`,
    );
  }
  await Promise.all([store.close(), store.close()]);
  await fails(t, () => store.read(0), 'CLOSED');
  await fails(t, () => store.add(pictures[0]!), 'CLOSED');
  t.same(
    names(folder).filter((name) => name.endsWith('.part')),
    [],
    'no file is left',
  );
  setEnvironment(t, { TMPDIR: join(folder, 'missing') });
  await fails(t, () => FrameStore.create(), 'OUTPUT_UNWRITABLE');
});
