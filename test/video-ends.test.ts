import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openVideo } from '../dist/media/index.js';
import { encode, SHAPE, track } from './support/encode.js';
import { fails, frame, names, processesWith, setEnvironment, sine, wav } from './support/media.js';

t.test('abort by call and by signal leaves nothing, at every point', async (t) => {
  const folder = t.testdir();
  for (const name of ['a.mp4', 'a.webm', 'a.gif', 'frames/']) {
    const file = join(folder, name);
    const signal = AbortSignal.abort();
    await fails(t, () => openVideo(file, { ...SHAPE, frames: 9, signal }), 'ABORTED');
    for (const written of [0, 4, 9]) {
      const called = await openVideo(file, { ...SHAPE, frames: 9 });
      for (let i = 0; i < written; i++) await called.write(frame(called.pixelFormat, 64, 48, i));
      await Promise.all([called.abort(), called.abort()]);
      await fails(t, () => called.finish(), 'CLOSED');
      const controller = new AbortController();
      const signalled = await openVideo(file, { ...SHAPE, frames: 9, signal: controller.signal });
      for (let i = 0; i < written; i++) await signalled.write(frame(signalled.pixelFormat, 64, 48, i));
      const next =
        written < 9 ? signalled.write(frame(signalled.pixelFormat, 64, 48, 0)) : signalled.finish();
      controller.abort();
      await next.catch(() => {});
      await fails(t, () => signalled.finish(), 'ABORTED');
      await signalled.abort();
      t.same(names(folder), [], `${name} after ${written}`);
      t.same(processesWith(folder), [], `${name} after ${written}`);
    }
  }
});

t.test('an encoder killed half-way is FFMPEG_FAILED and leaves nothing', async (t) => {
  const folder = t.testdir();
  const video = await openVideo(join(folder, 'a.mp4'), { ...SHAPE, frames: 1000 });
  await video.write(frame('yuv420p', 64, 48, 0));
  process.kill(Number.parseInt(processesWith(folder)[0]!, 10), 'SIGKILL');
  const write = async () => {
    for (let i = 1; i < 1000; i++) await video.write(frame('yuv420p', 64, 48, i));
  };
  await fails(t, write, 'FFMPEG_FAILED', /Encoding '.*a\.mp4' failed.*ended by SIGKILL/);
  await fails(t, () => video.write(frame('yuv420p', 64, 48, 0)), 'CLOSED');
  t.same(names(folder), []);
  const last = await openVideo(join(folder, 'a.mp4'), { ...SHAPE, frames: 1 });
  await last.write(frame('yuv420p', 64, 48, 0));
  const finishing = last.finish();
  for (const line of processesWith(folder)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  await fails(t, () => finishing, 'FFMPEG_FAILED');
  t.same(names(folder), []);
});

t.test('no ffmpeg, or a sound that is gone or changed since it was heard', async (t) => {
  const folder = t.testdir({ 'tone.wav': wav({ channels: [sine(1)] }) });
  const file = join(folder, 'tone.wav');
  const changes: [() => void, string][] = [
    [() => writeFileSync(file, wav({ channels: [sine(1.1)] })), 'changed'],
    [() => rmSync(file), 'gone'],
  ];
  for (const [change, name] of changes) {
    const sound = await track(t, file);
    change();
    await fails(
      t,
      () => encode(join(folder, 'a.mp4'), 3, { sound }),
      'SPEECH_UNREADABLE',
      /tone\.wav' to stay unchanged/,
    );
    t.notOk(
      names(folder).some((left) => left.includes('a.mp4')),
      `${name}: nothing is left`,
    );
  }
  setEnvironment(t, { FFMPEG_PATH: '/nowhere' });
  await fails(t, () => openVideo(join(folder, 'a.mp4'), { ...SHAPE, frames: 3 }), 'FFMPEG_NOT_FOUND');
  t.same(names(folder), []);
});

t.test('a slow encoder makes the writer wait', async (t) => {
  const folder = t.testdir({ slow: '#!/bin/sh\nexec sleep 100\n' });
  chmodSync(join(folder, 'slow'), 0o755);
  setEnvironment(t, { FFMPEG_PATH: join(folder, 'slow') });
  const video = await openVideo(join(folder, 'a.mp4'), { width: 512, height: 512, fps: 25, frames: 100 });
  let end: string | undefined;
  // Longer than any pipe's buffer: writing cannot end before the pipe has a reader.
  const writing = video.write(new Uint8Array(512 * 512 * 1.5)).then(
    () => {
      end = 'written';
    },
    (error) => {
      end = error.code;
    },
  );
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(end, undefined, 'it waits');
  await video.abort();
  await writing;
  t.equal(end, 'CLOSED');
  t.same(names(folder), ['slow']);
});
