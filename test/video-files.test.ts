import { readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { openVideo } from '../dist/media/index.js';
import { encode, fill, SHAPE } from './support/encode.js';
import { fails, frame, mountTmpfs, names } from './support/media.js';

t.test('outputs that cannot be written', async (t) => {
  const folder = t.testdir({
    'file.txt': '',
    'dir.mp4': {},
    'old.mp4': 'old',
    frames: { '00000.png': 'old' },
  });
  const open =
    (name: string, options: object = {}) =>
    () =>
      openVideo(join(folder, name), { ...SHAPE, frames: 5, ...options });
  await fails(t, open('absent/a.mp4'), 'OUTPUT_UNWRITABLE', /directory does not exist: create it first/);
  await fails(t, open('absent/frames/%05d.png'), 'OUTPUT_UNWRITABLE', /directory does not exist/);
  await fails(t, open('file.txt/a.mp4'), 'OUTPUT_UNWRITABLE');
  await fails(t, open('file.txt/%d.png'), 'OUTPUT_UNWRITABLE', /not a directory/);
  await fails(t, open('old.mp4', { overwrite: false }), 'OUTPUT_UNWRITABLE', /overwriting was not allowed/);
  await fails(t, open('frames/', { overwrite: false }), 'OUTPUT_UNWRITABLE', /overwriting was not allowed/);
  const device = join(folder, 'device.mp4');
  symlinkSync('/dev/null', device);
  await fails(t, open('device.mp4'), 'OUTPUT_UNWRITABLE', /not a regular file/);
  t.same(names(folder), ['device.mp4', 'dir.mp4', 'file.txt', 'frames', 'old.mp4']);
  const locked = mountTmpfs(t, 'ro');
  if (!locked) return t.pass('not checked', { skip: 'mounting is not allowed here' });
  await fails(
    t,
    () => openVideo(join(locked, 'a.mp4'), { ...SHAPE, frames: 5 }),
    'OUTPUT_UNWRITABLE',
    /file system is read-only/,
  );
  await fails(
    t,
    () => openVideo(join(locked, 'frames/%d.png'), { ...SHAPE, frames: 5 }),
    'OUTPUT_UNWRITABLE',
    /file system is read-only/,
  );
});

t.test('an old file stays until the new one is whole', async (t) => {
  const folder = t.testdir({ 'a.mp4': 'old', 'real.mp4': 'old' });
  const file = join(folder, 'a.mp4');
  const video = await openVideo(file, { ...SHAPE, frames: 3 });
  t.equal(names(folder).length, 3);
  t.match(names(folder)[0], /^\.a\.mp4\.kdtalker-[0-9a-f-]+\.part$/);
  t.equal(readFileSync(file, 'utf8'), 'old');
  await fill(video, 3);
  t.ok(readFileSync(file).length > 300);
  symlinkSync('real.mp4', join(folder, 'link.mp4'));
  await encode(join(folder, 'link.mp4'), 3);
  t.equal(readlinkSync(join(folder, 'link.mp4')), 'real.mp4', 'a link is followed');
  t.ok(readFileSync(join(folder, 'real.mp4')).length > 300);
  const kept = await openVideo(join(folder, 'new.mp4'), { ...SHAPE, frames: 3, overwrite: false });
  writeFileSync(join(folder, 'new.mp4'), 'came meanwhile');
  await fails(t, () => fill(kept, 3), 'OUTPUT_UNWRITABLE', /overwriting was not allowed/);
  t.same(names(folder), ['a.mp4', 'link.mp4', 'new.mp4', 'real.mp4']);
});

t.test('a sequence replaces no frame where that is not allowed', async (t) => {
  const folder = t.testdir({ frames: { '00002.png': 'old' }, free: {} });
  const at = (name: string, overwrite: boolean) =>
    openVideo(join(folder, name), { ...SHAPE, frames: 4, overwrite });
  await fails(t, () => at('frames/', false), 'OUTPUT_UNWRITABLE', /00002\.png.*overwriting was not allowed/);
  t.same(names(join(folder, 'frames')), ['00002.png']);
  t.equal(readFileSync(join(folder, 'frames/00002.png'), 'utf8'), 'old');
  const late = await at('free/', false);
  for (let i = 0; i < 4; i++) await late.write(frame('rgb24', 64, 48, i));
  writeFileSync(join(folder, 'free/00002.png'), 'came meanwhile');
  await fails(t, () => late.finish(), 'OUTPUT_UNWRITABLE', /00002\.png.*overwriting was not allowed/);
  t.same(names(join(folder, 'free')), ['00002.png'], 'nothing of the sequence is left');
  t.equal(readFileSync(join(folder, 'free/00002.png'), 'utf8'), 'came meanwhile');
  await fill(await at('frames/', true), 4);
  t.ok(readFileSync(join(folder, 'frames/00002.png')).length > 100, 'where it is allowed it is replaced');
});

t.test('a folder that has the name of a frame is told before any work', async (t) => {
  const folder = t.testdir({ frames: { '00002.png': {} } });
  const open = () => openVideo(join(folder, 'frames/'), { ...SHAPE, frames: 4 });
  await fails(t, open, 'OUTPUT_UNWRITABLE', /00002\.png.*not a regular file/);
});

for (const links of [true, false]) {
  t.test(
    `a file that comes at the last moment is not replaced, ${links ? 'with' : 'without'} links`,
    async (t) => {
      const folder = t.testdir();
      const file = join(folder, 'a.mp4');
      const { link, rename, open } = fs;
      const come = () => writeFileSync(file, 'came meanwhile', { flag: 'wx' });
      t.teardown(() => {
        Object.assign(fs, { link, rename, open });
        syncBuiltinESMExports();
      });
      const before =
        <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
        async (...args: A) => {
          if (args.includes(file)) come();
          return call(...args);
        };
      const refuse = async () => {
        throw Object.assign(new Error('no links'), { code: 'EPERM', syscall: 'link' });
      };
      Object.assign(fs, { link: links ? before(link) : refuse, rename: before(rename), open: before(open) });
      syncBuiltinESMExports();
      const video = await openVideo(file, { ...SHAPE, frames: 2, overwrite: false });
      await fails(t, () => fill(video, 2), 'OUTPUT_UNWRITABLE', /overwriting was not allowed/);
      t.equal(readFileSync(file, 'utf8'), 'came meanwhile');
      t.same(names(folder), ['a.mp4']);
    },
  );
}

t.test('where there are no links, a new file gets its name all the same', async (t) => {
  const { link } = fs;
  fs.link = async () => {
    throw Object.assign(new Error('no links'), { code: 'EPERM', syscall: 'link' });
  };
  syncBuiltinESMExports();
  t.teardown(() => {
    fs.link = link;
    syncBuiltinESMExports();
  });
  const folder = t.testdir();
  await encode(join(folder, 'a.mp4'), 2, { overwrite: false });
  t.same(names(folder), ['a.mp4']);
});
