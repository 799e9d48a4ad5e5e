import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import sharp from 'sharp';
import t from 'tap';
import { openSound, openVideo } from '../dist/media/index.js';
import { difference, encode, fill, SHAPE, track } from './support/encode.js';
import {
  collect,
  decodeFrames,
  describeMedia,
  fails,
  ffmpegs,
  frame,
  mountTmpfs,
  names,
  setEnvironment,
  sine,
  soundSeconds,
  wav,
} from './support/media.js';

async function read(file: string): Promise<{ samples: Float32Array; rate: number }> {
  const sound = await openSound(file);
  const samples = await collect(sound.chunks());
  await sound.close();
  return { samples, rate: sound.sampleRate };
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
          await encode(join(folder, name), 177, { sound: await track(t, join(folder, 'click.wav')) });
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
        await encode(join(folder, 'a.mp4'), 25, { sound: await track(t, join(folder, 'tone.wav')) });
        await encode(join(folder, 'a.webm'), 25, { sound: await track(t, join(folder, 'tone.wav')) });
        t.match(describeMedia(join(folder, 'a.mp4')), /Video: h264.*yuv420p\(tv, bt709\b.*64x48.* 25 fps/);
        t.match(describeMedia(join(folder, 'a.mp4')), /Audio: aac.*48000 Hz, mono/);
        t.match(describeMedia(join(folder, 'a.webm')), /Video: vp9.*yuv420p\(tv, bt709\b.*64x48/);
        t.match(describeMedia(join(folder, 'a.webm')), /Audio: opus/);
        const mp4 = readFileSync(join(folder, 'a.mp4'));
        t.ok(mp4.indexOf('moov') < mp4.indexOf('mdat'), 'the index is in front');
      });

      t.test('a second of MP4 leaves for a stream before the next ones are encoded', async (t) => {
        const sound = { samples: sine(5), sampleRate: 16000 };
        const pieces: Buffer[] = [];
        const stream = new Writable({
          write: (piece, _, taken) => {
            pieces.push(piece);
            taken();
          },
        });
        const shape = { ...SHAPE, frames: 125, format: 'mp4' as const };
        await fill(await openVideo(stream, { ...shape, sound: await track(t, sound) }), 125);
        const file = join(t.testdir(), 'a.mp4');
        writeFileSync(file, Buffer.concat(pieces));
        t.equal(decodeFrames(file, 'yuv420p', frame('yuv420p', 64, 48, 0).length).length, 125);
        const fragments = Buffer.concat(pieces).toString('latin1').split('moof').length - 1;
        t.ok(fragments >= 5 && fragments <= 7, `${fragments} fragments in 5 s`);
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
            await encode(file, 40, { sound: await track(t, join(folder, `${name}.wav`)) });
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
          for (const file of files)
            await encode(file, 25, { sound: await track(t, join(folder, 'tone.wav')) });
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

t.test('names that ffmpeg would take for something else', async (t) => {
  const folder = t.testdir({ 'a:b%d.wav': wav({ channels: [sine(0.2)] }) });
  for (const name of ['-y.mp4', 'http:x.mp4', 'a%03d.mp4', 'ü ß "\'.webm', `${'long'.repeat(62)}.mp4`]) {
    await encode(join(folder, name), 5, { sound: await track(t, join(folder, 'a:b%d.wav')) });
    t.ok(names(folder).includes(name), name);
  }
  const saved = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(saved));
  await encode('-x.mp4', 5);
  t.ok(names(folder).includes('-x.mp4'));
});
