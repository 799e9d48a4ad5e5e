import { chmodSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import {
  openSound,
  openVideo,
  type SoundTrack,
  type VideoOptions,
  type VideoWriter,
  videoFormat,
} from '../dist/media/index.js';
import {
  collect,
  decodeFrames,
  describeMedia,
  fails,
  ffmpegs,
  frame,
  mountTmpfs,
  names,
  processesWith,
  setEnvironment,
  sine,
  soundSeconds,
  wav,
} from './support/media.js';

const SHAPE = { width: 64, height: 48, fps: 25 };

async function fill(video: VideoWriter, frames: number, width = 64, height = 48): Promise<{ bytes: number }> {
  for (let i = 0; i < frames; i++) await video.write(frame(video.pixelFormat, width, height, i));
  return video.finish();
}

async function encode(
  file: string,
  frames: number,
  options: Partial<VideoOptions> = {},
): Promise<{ bytes: number }> {
  return fill(await openVideo(file, { ...SHAPE, frames, ...options }), frames);
}

async function read(file: string): Promise<{ samples: Float32Array; rate: number }> {
  const sound = await openSound(file);
  const samples = await collect(sound.chunks());
  await sound.close();
  return { samples, rate: sound.sampleRate };
}

/** The track of a sound, open until the tests end. */
async function track(input: Parameters<typeof openSound>[0]): Promise<SoundTrack> {
  const sound = await openSound(input);
  t.teardown(() => sound.close());
  return sound.track;
}

/** Mean absolute difference of two frames. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

for (const program of ffmpegs()) {
  t.test(
    `with ${program.includes('installer') ? 'the packaged ffmpeg' : 'the ffmpeg on PATH'}`,
    async (t) => {
      setEnvironment(t, { FFMPEG_PATH: program });

      t.test('every format has exactly the frames, in order', async (t) => {
        const folder = t.testdir();
        for (const name of ['a.mp4', 'a.webm', 'a.gif']) {
          const file = join(folder, name);
          const { bytes } = await encode(file, 177);
          t.equal(bytes, readFileSync(file).length, name);
          const format = name.endsWith('gif') ? 'rgb24' : 'yuv420p';
          const frames = decodeFrames(file, format, frame(format, 64, 48, 0).length);
          t.equal(frames.length, 177, name);
          for (const i of [0, 1, 60, 176]) {
            t.ok(difference(frames[i]!, frame(format, 64, 48, i)) < 7, `${name}: ${i} is itself`);
          }
        }
        t.same(names(folder), ['a.gif', 'a.mp4', 'a.webm'], 'nothing else is left');
      });

      t.test('the sound is as long as the frames and in step with them', async (t) => {
        // 7.1 s at 44.1 kHz stereo: 177 frames, 7.08 s. One click after 5 s.
        const click = new Float32Array(313110);
        click.fill(0.9, 220500, 220544);
        const folder = t.testdir({ 'click.wav': wav({ channels: [click, click], rate: 44100 }) });
        for (const name of ['a.mp4', 'a.webm', 'a.gif']) {
          await encode(join(folder, name), 177, { sound: await track(join(folder, 'click.wav')) });
        }
        t.match(describeMedia(join(folder, 'a.mp4')), /Duration: 00:00:07\.(08|09|10)/);
        t.match(describeMedia(join(folder, 'a.webm')), /Duration: 00:00:07\.(08|09)/);
        t.notMatch(describeMedia(join(folder, 'a.gif')), /Audio/);
        for (const name of ['a.mp4', 'a.webm']) {
          const off = soundSeconds(join(folder, name)) - 7.08;
          // One AAC frame is 1024 samples of 48 kHz.
          t.ok(Math.abs(off) <= 1024 / 48000, `${name}: sound differs by ${off} s`);
          const { samples, rate } = await read(join(folder, name));
          const loudest = samples.reduce(
            (best, value, i) => (Math.abs(value) > Math.abs(samples[best]!) ? i : best),
            0,
          );
          t.ok(Math.abs(loudest / rate - 5) < 0.01, `${name}: the click is at ${loudest / rate} s`);
        }
      });

      t.test('what is in the files', async (t) => {
        const folder = t.testdir({ 'tone.wav': wav({ channels: [sine(1)] }) });
        await encode(join(folder, 'a.mp4'), 25, { sound: await track(join(folder, 'tone.wav')) });
        await encode(join(folder, 'a.webm'), 25, { sound: await track(join(folder, 'tone.wav')) });
        t.match(describeMedia(join(folder, 'a.mp4')), /Video: h264.*yuv420p\(tv, bt709\b.*64x48.* 25 fps/);
        t.match(describeMedia(join(folder, 'a.mp4')), /Audio: aac.*48000 Hz, mono/);
        t.match(describeMedia(join(folder, 'a.webm')), /Video: vp9.*yuv420p\(tv, bt709\b.*64x48/);
        t.match(describeMedia(join(folder, 'a.webm')), /Audio: opus/);
        const mp4 = readFileSync(join(folder, 'a.mp4'));
        t.ok(mp4.indexOf('moov') < mp4.indexOf('mdat'), 'the index is in front');
      });

      t.test('colours are tagged, not converted', async (t) => {
        const file = join(t.testdir(), 'a.mp4');
        const video = await openVideo(file, { ...SHAPE, frames: 3, crf: 1 });
        const plane = new Uint8Array(64 * 48 * 1.5);
        plane
          .fill(90, 0, 64 * 48)
          .fill(60, 64 * 48, 64 * 48 * 1.25)
          .fill(200, 64 * 48 * 1.25);
        for (let i = 0; i < 3; i++) await video.write(plane);
        await video.finish();
        const [first] = decodeFrames(file, 'yuv420p', plane.length);
        t.ok(difference(first!, plane) < 1, 'Y, U and V come back as they were given');
      });

      t.test('sound shorter than the video ends in silence; sound of odd kinds', async (t) => {
        const folder = t.testdir({
          'short.wav': wav({ channels: [sine(0.3)] }),
          'low.wav': wav({ channels: [sine(2, 8000)], rate: 8000, coding: 'u8' }),
          'high.wav': wav({
            channels: Array.from({ length: 6 }, () => sine(2, 96000)),
            rate: 96000,
            coding: 's24',
            extensible: true,
          }),
          'odd.wav': wav({ channels: [sine(2, 12345)], rate: 12345, coding: 'f32' }),
        });
        for (const name of ['short', 'low', 'high', 'odd']) {
          for (const kind of ['mp4', 'webm']) {
            const file = join(folder, `${name}.${kind}`);
            await encode(file, 40, { sound: await track(join(folder, `${name}.wav`)) });
            t.ok(
              Math.abs(soundSeconds(file) - 1.6) <= 1024 / 48000,
              `${name}.${kind}: ${soundSeconds(file)} s`,
            );
          }
        }
      });

      t.test('the same frames and sound give the same bytes', async (t) => {
        const folder = t.testdir({ 'tone.wav': wav({ channels: [sine(1)] }) });
        for (const kind of ['mp4', 'webm', 'gif']) {
          const files = [join(folder, `1.${kind}`), join(folder, `2.${kind}`)];
          for (const file of files) await encode(file, 25, { sound: await track(join(folder, 'tone.wav')) });
          t.ok(readFileSync(files[0]!).equals(readFileSync(files[1]!)), kind);
        }
      });

      t.test('one frame makes a video, and a GIF longer than its palette does too', async (t) => {
        const folder = t.testdir();
        for (const [kind, frames] of [
          ['mp4', 1],
          ['webm', 1],
          ['gif', 1],
          ['gif', 60],
        ] as const) {
          const file = join(folder, `${frames}.${kind}`);
          await encode(file, frames);
          t.equal(decodeFrames(file, 'rgb24', 64 * 48 * 3).length, frames, `${frames}.${kind}`);
        }
      });

      t.test('a full disk', async (t) => {
        const folder = mountTmpfs(t, 'size=64k');
        if (!folder) return t.pass('not checked', { skip: 'mounting is not allowed here' });
        for (const name of ['a.mp4', 'a.webm', 'a.gif', 'frames/']) {
          const noise = new Uint8Array(256 * 256 * 3).map((_, i) => (i * 7919 + ((i * i) >> 3)) & 255);
          const write = async () => {
            const video = await openVideo(join(folder, name), {
              width: 256,
              height: 256,
              fps: 25,
              frames: 60,
            });
            const bytes = video.pixelFormat === 'rgb24' ? 196608 : 98304;
            for (let i = 0; i < 60; i++)
              await video.write(noise.map((value) => value ^ i).subarray(0, bytes));
            await video.finish();
          };
          await fails(t, write, 'OUTPUT_DISK_FULL', /but it is full\. Free space/);
          t.same(names(folder), [], `${name}: nothing is left`);
        }
      });
    },
  );
}

t.test('PNG frames: no ffmpeg, lossless, numbered from 0', async (t) => {
  setEnvironment(t, { FFMPEG_PATH: '/nowhere' });
  const folder = t.testdir({ here: { 'other.txt': 'stays', '00001.png': 'replaced' } });
  const outputs: [string, string[]][] = [
    ['new/', ['00000.png', '00001.png', '00002.png']],
    ['here', ['00000.png', '00001.png', '00002.png', 'other.txt']],
    ['shot/a-%03d-b.png', ['a-000-b.png', 'a-001-b.png', 'a-002-b.png']],
    ['plain/%d.png', ['0.png', '1.png', '2.png']],
  ];
  for (const [output, expected] of outputs) {
    const { bytes } = await encode(join(folder, output), 3);
    const dir = join(folder, output.replace(/\/.*/, ''));
    t.same(names(dir), expected);
    const pictures = expected.filter((name) => name.endsWith('png'));
    t.equal(
      bytes,
      pictures.reduce((sum, name) => sum + readFileSync(join(dir, name)).length, 0),
    );
    for (const [i, name] of pictures.entries()) {
      const pixels = await sharp(join(dir, name)).raw().toBuffer();
      t.equal(difference(pixels, frame('rgb24', 64, 48, i)), 0, `${output}: ${i}`);
    }
  }
});

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
    const sound = await track(file);
    change();
    await fails(
      t,
      () => encode(join(folder, 'a.mp4'), 3, { sound }),
      'SPEECH_UNREADABLE',
      /tone\.wav' to stay as it is/,
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

t.test('names that ffmpeg would take for something else', async (t) => {
  const folder = t.testdir({ 'a:b%d.wav': wav({ channels: [sine(0.2)] }) });
  for (const name of ['-y.mp4', 'http:x.mp4', 'a%03d.mp4', 'ü ß "\'.webm', `${'long'.repeat(62)}.mp4`]) {
    await encode(join(folder, name), 5, { sound: await track(join(folder, 'a:b%d.wav')) });
    t.ok(names(folder).includes(name), name);
  }
  const saved = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(saved));
  await encode('-x.mp4', 5);
  t.ok(names(folder).includes('-x.mp4'));
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
