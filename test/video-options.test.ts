import { join } from 'node:path';
import t from 'tap';
import { openVideo, videoFormat } from '../dist/media/index.js';
import { encode, fill, SHAPE } from './support/encode.js';
import { fails, frame, names } from './support/media.js';

t.test('the name tells the format', async (t) => {
  t.same(
    ['a.mp4', 'A.MP4', 'b.webm', 'c.gif', 'd/%05d.png', 'd/'].map((name) => videoFormat(name).name),
    ['mp4', 'mp4', 'webm', 'gif', 'png', 'png'],
  );
  t.same(
    ['a.mp4', 'b.webm', 'c.gif', 'd/'].map((name) => videoFormat(name).pixelFormat),
    ['yuv420p', 'yuv420p', 'rgb24', 'rgb24'],
  );
  for (const name of ['a.avi', 'a', 'a.png', 'a.%05d', '%d%d.png', '.mp4']) {
    await fails(
      t,
      async () => videoFormat(name),
      'OUTPUT_FORMAT',
      /\.mp4, \.webm or \.gif, or frames as 'folder\/%05d\.png'/,
    );
  }
  await fails(t, async () => videoFormat(''), 'INVALID_ARGUMENT');
});

t.test('options that do not fit', async (t) => {
  const folder = t.testdir();
  const open = (name: string, options: object) => () =>
    openVideo(join(folder, name), { ...SHAPE, frames: 5, ...options });
  for (const width of [1, 16385])
    await fails(t, open('a.mp4', { width }), 'INVALID_ARGUMENT', /an integer from 2 to 16384 for width/);
  await fails(t, open('a.gif', { height: 0 }), 'INVALID_ARGUMENT', /height/);
  await fails(t, open('a.mp4', { fps: 0 }), 'INVALID_ARGUMENT', /fps/);
  await fails(t, open('a.mp4', { frames: 0 }), 'INVALID_ARGUMENT', /frames/);
  await fails(t, open('a.mp4', { threads: 0 }), 'INVALID_ARGUMENT', /threads/);
  await fails(t, open('a.mp4', { crf: 52 }), 'INVALID_ARGUMENT', /from 0 to 51 for crf/);
  await fails(t, open('a.gif', { crf: 5 }), 'INVALID_ARGUMENT', /gif has no such option/);
  await fails(t, open('a.mp4', { preset: 'warp' }), 'INVALID_ARGUMENT', /one of ultrafast, .* for preset/);
  await fails(t, open('a.webm', { preset: 'fast' }), 'INVALID_ARGUMENT', /webm has no such option/);
  t.same(names(folder), []);
  await encode(join(folder, 'odd.gif'), 2, {});
  const slow = await openVideo(join(folder, 'b.mp4'), {
    ...SHAPE,
    frames: 3,
    crf: 40,
    preset: 'ultrafast',
    threads: 1,
  });
  t.ok((await fill(slow, 3)).bytes > 0);
});

t.test('frames that do not fit, and too few or many of them', async (t) => {
  const folder = t.testdir();
  const open = () => openVideo(join(folder, 'a.mp4'), { ...SHAPE, frames: 2 });
  const wrong = await open();
  await fails(t, () => wrong.write(new Uint8Array(5)), 'INVALID_ARGUMENT', /4608 bytes of yuv420p for frame/);
  await wrong.write(frame('yuv420p', 64, 48, 0));
  await fails(t, () => wrong.finish(), 'INVALID_ARGUMENT', /Expected 2 frames for the video but received 1/);
  await fails(t, () => wrong.write(frame('yuv420p', 64, 48, 0)), 'CLOSED', /was aborted/);
  const many = await open();
  for (const i of [0, 1]) await many.write(frame('yuv420p', 64, 48, i));
  await fails(t, () => many.write(frame('yuv420p', 64, 48, 2)), 'INVALID_ARGUMENT', /2 frames/);
  await many.finish();
  await many.abort();
  await fails(t, () => many.finish(), 'CLOSED', /was finished/);
  t.same(names(folder), ['a.mp4'], 'abort after finish keeps the file');
});
