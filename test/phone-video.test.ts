import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FrameSource } from '../dist/media/index.js';
import type { Picture } from '../dist/picture.js';
import { type HdrTransfer, hdrPortrait } from './support/hdr.js';
import { fails, ffmpeg, ffmpegs, setEnvironment, sine, wav } from './support/media.js';
import { framesOf, loadTalker, speech } from './support/talker.js';
import { colours, movingPortrait } from './support/videos.js';

type Options = Partial<Parameters<typeof FrameSource.open>[1]>;

async function picturesOf(file: string, options: Options = {}): Promise<Picture[]> {
  const source = await FrameSource.open(file, { fps: 25, signal: undefined, ...options });
  const pictures: Picture[] = [];
  try {
    for await (const picture of source.frames()) pictures.push(picture);
    return pictures;
  } finally {
    await source.close();
  }
}

const sizeOf = ({ width, height }: Picture) => [width, height];
const reds = (pictures: Picture[]) =>
  pictures.map(({ data, width, height }) => data[3 * ((height >> 1) * width + (width >> 1))]!);
const meanOf = (levels: Uint8Array) => levels.reduce((sum, level) => sum + level, 0) / levels.length;

const LOSSLESS = ['-c:v', 'libx264rgb', '-qp', '0', '-preset', 'ultrafast'];

/** The same coded pictures with another start, speed or shape. */
function copied(from: string, to: string, ...args: string[]): string {
  ffmpeg('-i', from, '-c', 'copy', ...args, to);
  return to;
}

for (const program of ffmpegs()) {
  t.test(`high dynamic range: ${program}`, async (t) => {
    const folder = t.testdir();
    for (const transfer of ['smpte2084', 'arib-std-b67'] as HdrTransfer[]) {
      setEnvironment(t, { FFMPEG_PATH: undefined });
      const { file, pixels } = await hdrPortrait(folder, `${transfer}.mkv`, transfer);
      setEnvironment(t, { FFMPEG_PATH: program });
      const [picture] = await picturesOf(file);
      const wanted = meanOf(pixels);
      const mean = meanOf(picture!.data);
      t.ok(Math.abs(mean - wanted) < 3, `${transfer}: mean ${mean} of ${wanted}`);
      const off =
        picture!.data.reduce((sum, level, i) => sum + Math.abs(level - pixels[i]!), 0) / pixels.length;
      t.ok(off < 6, `${transfer}: ${off} levels off`);
    }
  });

  t.test(`time 0 is the file's start: ${program}`, async (t) => {
    const folder = t.testdir();
    const sound = join(folder, 'sound.wav');
    writeFileSync(sound, wav({ channels: [sine(2)] }));
    const plain = colours(folder, 'plain.mkv', 10);
    setEnvironment(t, { FFMPEG_PATH: program });
    const usual = reds(await picturesOf(plain));
    for (const kind of ['mkv', 'mov']) {
      const late = join(folder, `late.${kind}`);
      ffmpeg('-i', sound, '-itsoffset', '0.4', '-i', plain, '-map', '1:v', '-map', '0:a', '-c', 'copy', late);
      const held = reds(await picturesOf(late));
      t.equal(held.length, 20, `${kind}: 0.4 s more`);
      t.same(held.slice(0, 11), new Array(11).fill(usual[0]), `${kind}: the first is held`);
      t.same(held.slice(10), usual, `${kind}: then it moves`);
      const lateSound = join(folder, `late-sound.${kind}`);
      ffmpeg(
        '-i',
        plain,
        '-itsoffset',
        '0.5',
        '-i',
        sound,
        '-map',
        '0:v',
        '-map',
        '1:a',
        '-c',
        'copy',
        lateSound,
      );
      t.same(reds(await picturesOf(lateSound)), usual, `${kind}: late sound does not move pictures`);
    }
    const gap = join(folder, 'gap.mkv');
    ffmpeg('-i', plain, '-vf', "setpts='PTS+if(gt(N,4),0.4/TB,0)'", ...LOSSLESS, gap);
    const filled = reds(await picturesOf(gap));
    t.equal(filled.length, 20, 'a gap of 0.4 s is filled');
    t.same(filled.slice(4, 15), new Array(11).fill(usual[4]), 'by the picture before it');
    const delayed = join(folder, 'delayed.mkv');
    ffmpeg(
      '-i',
      sound,
      '-itsoffset',
      '0.023',
      '-i',
      plain,
      '-map',
      '1:v',
      '-map',
      '0:a',
      '-c',
      'copy',
      delayed,
    );
    // Old ones hold the last picture once more.
    t.same(reds(await picturesOf(delayed)).slice(0, 10), usual, 'the delay of a codec moves nothing');
  });

  t.test(`pixels that are not square, also turned: ${program}`, async (t) => {
    const folder = t.testdir();
    const args = (sar: string) => ({ frames: 2, width: 160, height: 256, filter: `setsar=${sar}` });
    const wide = movingPortrait(folder, 'wide.mp4', args('2'));
    const flat = movingPortrait(folder, 'flat.mp4', args('1/2'));
    const turned = copied(wide, join(folder, 'turned.mp4'), '-metadata:s:v', 'rotate=90');
    const square = movingPortrait(folder, 'square.mp4', args('1'));
    setEnvironment(t, { FFMPEG_PATH: program });
    t.same(sizeOf((await picturesOf(wide))[0]!), [320, 256]);
    t.same(sizeOf((await picturesOf(flat))[0]!), [160, 512]);
    t.same(sizeOf((await picturesOf(turned))[0]!), [256, 320]);
    t.same(sizeOf((await picturesOf(square))[0]!), [160, 256]);
  });

  t.test(`the track that the file marks, or the one asked for: ${program}`, async (t) => {
    const folder = t.testdir();
    const other = colours(folder, 'other.mkv', 3, 12.5);
    const shown = colours(folder, 'shown.mkv', 8);
    const both = join(folder, 'both.mkv');
    const maps = [
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
      '-disposition:v:0',
      '0',
      '-disposition:v:1',
      'default',
    ];
    ffmpeg('-i', other, '-i', shown, ...maps, both);
    setEnvironment(t, { FFMPEG_PATH: program });
    t.equal((await picturesOf(both)).length, 8, 'the default one');
    t.ok((await picturesOf(both, { track: 0 })).length < 8, 'the first');
    t.equal((await picturesOf(both, { track: 1 })).length, 8);
    await fails(t, () => picturesOf(both, { track: 2 }), 'INVALID_ARGUMENT', /from 0 to 1 for videoTrack/);
  });

  t.test(`a few bytes that claim pictures for years: ${program}`, async (t) => {
    const folder = t.testdir();
    const plain = colours(folder, 'plain.mkv', 2);
    const years = join(folder, 'years.mkv');
    ffmpeg('-i', plain, '-vf', "setpts='PTS+if(gt(N,0),1e5/TB,0)'", ...LOSSLESS, years);
    setEnvironment(t, { FFMPEG_PATH: program });
    await fails(t, () => picturesOf(years, { maxSeconds: 2 }), 'VIDEO_TOO_LONG', /at most 2 s .*longer/);
  });
}

t.test('a film that fades in and out', async (t) => {
  const folder = t.testdir();
  const talker = await loadTalker(t);
  const dark = (when: string) => ({ filter: `drawbox=t=fill:c=black:enable='${when}'` });
  const fade = movingPortrait(folder, 'fade.mp4', { frames: 24, ...dark('lt(n,15)+gt(n,20)') });
  const video = await talker.sourceVideo(fade);
  t.equal(video.frames, 24);
  t.equal(video.ratios?.length, 24);
  t.equal((await framesOf(talker.animate(video, speech(3)))).length, 3);
  const motion = await talker.motionFromVideo(fade);
  t.equal(motion.frames, 24);
  const late = movingPortrait(folder, 'late.mp4', { frames: 30, ...dark('lt(n,26)') });
  await fails(t, () => talker.sourceVideo(late), 'NO_FACE', /in the first second of the video/);
});

t.test("Dolby Vision's own colours are told of once a file", async (t) => {
  const folder = t.testdir();
  const hevc = movingPortrait(folder, 'hevc.mp4', { frames: 2, args: ['-c:v', 'libx265', '-tag:v', 'hvc1'] });
  const file = join(folder, 'dolby.mp4');
  writeFileSync(file, Buffer.from(readFileSync(hevc, 'latin1').replaceAll('hvc1', 'dvh1'), 'latin1'));
  const heard: string[] = [];
  const hear = (warning: Error & { code?: string }) => void heard.push(`${warning.code} ${warning.message}`);
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  for (const from of [hevc, file, file]) t.equal((await picturesOf(from)).length, 2);
  await new Promise(setImmediate);
  t.equal(heard.length, 1);
  t.match(heard[0], /^VIDEO_COLOURS The colours of '.*dolby\.mp4' are Dolby Vision's own/);
});

t.test('options that do not fit', async (t) => {
  const talker = await loadTalker(t);
  const file = colours(t.testdir(), 'a.mkv', 2);
  for (const [options, message] of [
    [{ videoTrack: -1 }, /an integer from 0 to 1000 for videoTrack/],
    [{ maxSeconds: 0 }, /a number from 0\.04 to 1000000 for maxSeconds/],
  ] as const)
    await fails(t, () => talker.motionFromVideo(file, options), 'INVALID_ARGUMENT', message);
  const crop = 'none';
  await fails(t, () => talker.motionFromVideo(file, { crop, videoTrack: 1 }), 'INVALID_ARGUMENT', /0 to 0/);
  await fails(t, () => talker.motionFromVideo(file, { crop, maxSeconds: 0.04 }), 'VIDEO_TOO_LONG');
});
