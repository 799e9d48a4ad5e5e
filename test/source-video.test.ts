import { join } from 'node:path';
import { type Frame, Motion, type SourceVideo, type StreamFrame, type Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { pictureOf } from '../dist/talker/video/source-video.js';
import { fails, names, processesWith, setEnvironment } from './support/media.js';
import { plainPack } from './support/plain-pack.js';
import { pcm, spoken } from './support/streams.js';
import { framesOf, hashOf, loadTalker, portraitFile, speech } from './support/talker.js';
import { colours, movingPortrait } from './support/videos.js';

const full = { frame: 'full' } as const;
const OPTIONS = { crop: 'none' } as const;
/** The red of picture i of `colours`. */
const redOf = (picture: number) => 20 + 10 * picture;

/** A pack that shows its crop as it is, and a video in which every picture has another colour. */
async function plain(
  t: Test,
  frames: number,
  options: Parameters<Talker['sourceVideo']>[1] = {},
): Promise<{ talker: Talker; video: SourceVideo }> {
  const folder = t.testdir();
  const pack = await plainPack(join(folder, 'pack'), { render: 'crop' });
  const talker = await loadTalker(t, { device: 'guarded', threads: 2 }, pack);
  const file = colours(folder, 'colours.mkv', frames);
  return { talker, video: await talker.sourceVideo(file, { ...OPTIONS, ...options }) };
}

const redsOf = (frames: readonly Frame[]) =>
  frames.map(
    ({ data, width, height }) => data[3 * (Math.floor(height / 2) * width + Math.floor(width / 2))]!,
  );

/** JPEG may take a level or two. */
function shows(t: Test, frames: readonly Frame[], pictures: readonly number[], name: string): void {
  const reds = redsOf(frames);
  const fits = reds.every((red, i) => Math.abs(red - redOf(pictures[i]!)) <= 3);
  t.ok(fits && reds.length === pictures.length, `${name}: ${reds} for pictures ${pictures}`);
}

t.test('a stream shows a picture of the video in each frame, also after an interruption', async (t) => {
  const { talker, video } = await plain(t, 4);
  const frames = await spoken(talker.stream(video, { frame: 'crop' }), pcm(9));
  shows(t, frames, [0, 1, 2, 3, 2, 1, 0, 1, 2], 'to and fro');
  const whole = talker.stream(video, full);
  t.same([whole.width, whole.height], [64, 64]);
  shows(t, await spoken(whole, pcm(5)), [0, 1, 2, 3, 2], 'whole pictures');

  const cut = talker.stream(video, { frame: 'crop' });
  const reading = cut[Symbol.asyncIterator]();
  await cut.write(pcm(20));
  const read: StreamFrame[] = [];
  while (read.length < 3) read.push((await reading.next()).value!);
  await cut.interrupt();
  cut.end();
  for (let next = await reading.next(); !next.done; next = await reading.next()) read.push(next.value);
  shows(t, read, [0, 1, 2, 3, 2, 1, 0], 'three frames, and four in which the mouth rests');
  await video.close();
  await fails(t, async () => talker.stream(video), 'CLOSED', /open source video/);
});

t.test('every frame shows the next picture, to and fro or over and over', async (t) => {
  const { talker, video } = await plain(t, 4);
  t.equal(video.frames, 4);
  t.same(video.photo, { width: 64, height: 64 });
  const clip = talker.animate(video, speech(9));
  t.same([clip.width, clip.height], [512, 512]);
  const frames = await framesOf(clip);
  shows(t, frames, [0, 1, 2, 3, 2, 1, 0, 1, 2], 'ping-pong');
  t.same(
    frames.map(({ index }) => index),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  const whole = talker.animate(video, speech(3), full);
  t.same([whole.width, whole.height], [64, 64]);
  shows(t, await framesOf(whole), [0, 1, 2], 'full, shorter than the video');
  t.equal((await framesOf(whole, { format: 'yuv420p' }))[2]!.data.length, (64 * 64 * 3) / 2);
  const looped = await talker.sourceVideo(join(t.testdirName, 'colours.mkv'), { ...OPTIONS, repeat: 'loop' });
  shows(t, await framesOf(talker.animate(looped, speech(6))), [0, 1, 2, 3, 0, 1], 'loop');
  const motion = new Motion(new Float32Array(5 * 70).fill(0.01));
  shows(t, await framesOf(talker.animate(video, motion)), [0, 1, 2, 3, 2], 'a motion instead of speech');
});

t.test('which picture follows the last', async (t) => {
  const order = (count: number, repeat: 'loop' | 'ping-pong') =>
    Array.from({ length: 7 }, (_, i) => pictureOf(i, count, repeat));
  t.same(order(3, 'ping-pong'), [0, 1, 2, 1, 0, 1, 2]);
  t.same(order(3, 'loop'), [0, 1, 2, 0, 1, 2, 0]);
  t.same(order(2, 'ping-pong'), [0, 1, 0, 1, 0, 1, 0]);
  for (const repeat of ['loop', 'ping-pong'] as const) t.same(order(1, repeat), [0, 0, 0, 0, 0, 0, 0]);
});

t.test('a face is followed, and talks in the moving picture', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  const talker = await loadTalker(t);
  const file = movingPortrait(folder, 'moving.mp4', { frames: 6 });
  const done: number[] = [];
  const video = await talker.sourceVideo(file, {
    onProgress: ({ stage, done: frames }) => {
      done.push(frames);
      throw new Error(stage);
    },
  });
  t.same(done, [1, 2, 3, 4, 5, 6], 'told picture by picture, to a listener that throws');
  const clip = talker.animate(video, speech(8), full);
  const frames = await framesOf(clip);
  t.match(frames[7], { index: 7, width: 320, height: 256 });
  t.equal(await hashOf(clip), await hashOf(talker.animate(video, speech(8), full)), 'the same again');
  t.not(
    await hashOf(clip),
    await hashOf(talker.animate(video, speech(8), { ...full, mode: 'absolute' })),
    'relative by default',
  );
  await clip.save(join(folder, 'talk.mp4'));
  await Promise.all([video.close(), video.close()]);
  await talker.close();
  const left = names(folder).filter((name) => /\.part$/.test(name));
  t.same(left, [], 'no temporary file is left');
});

t.test('a face that is hidden for a while is taken to be where it was', async (t) => {
  const folder = t.testdir();
  const talker = await loadTalker(t);
  const hide = (when: string) => ({ filter: `drawbox=t=fill:c=gray:enable='${when}'` });
  const blink = movingPortrait(folder, 'blink.mp4', { frames: 5, ...hide('between(n,2,3)') });
  const video = await talker.sourceVideo(blink);
  t.equal((await framesOf(talker.animate(video, speech(5)))).length, 5);
  const gone = movingPortrait(folder, 'gone.mp4', { frames: 30, ...hide('gte(n,2)') });
  await fails(t, () => talker.sourceVideo(gone), 'NO_FACE', /in the video again after picture 1/);
  const none = movingPortrait(folder, 'none.mp4', { frames: 2, ...hide('1') });
  await fails(t, () => talker.sourceVideo(none), 'NO_FACE', /in the first second of the video/);
  t.same(processesWith(folder), []);
});

t.test('wrong calls', async (t) => {
  const { talker, video } = await plain(t, 2);
  const file = join(t.testdirName, 'colours.mkv');
  for (const [options, message] of [
    [{ repeat: 'twice' }, /'ping-pong' or 'loop' for repeat of the options of sourceVideo\(\)/],
    [{ crop: 'square' }, /for crop of the options of sourceVideo/],
    [{ onProgress: 1 }, /a function/],
    [{ landmarks: [] }, /received 'landmarks'/],
  ] as const)
    await fails(t, () => talker.sourceVideo(file, options as never), 'INVALID_ARGUMENT', message);
  await fails(t, () => talker.sourceVideo(7 as never), 'INVALID_ARGUMENT', /a path or bytes for video/);
  await fails(t, () => talker.sourceVideo(`${file}.missing`), 'FILE_NOT_FOUND');
  await fails(t, () => talker.sourceVideo(file, { signal: AbortSignal.abort() }), 'ABORTED');
  const other = await loadTalker(t);
  await fails(
    t,
    async () => other.animate(video, speech(1)),
    'INVALID_ARGUMENT',
    /source video of this talker/,
  );
});

t.test('errors in mid-video end the clip, and neither talker nor process', async (t) => {
  const { talker, video } = await plain(t, 6);
  const frames = talker.animate(video, speech(40)).frames();
  await frames.next();
  await video.close();
  const rest = async () => {
    for await (const _ of frames);
  };
  await fails(t, rest, 'CLOSED', /an open source video/);
  await fails(t, async () => talker.animate(video, speech(1)), 'CLOSED');

  const again = await talker.sourceVideo(join(t.testdirName, 'colours.mkv'), OPTIONS);
  const controller = new AbortController();
  const clip = talker.animate(again, speech(40), { signal: controller.signal });
  const aborted = clip.frames();
  await aborted.next();
  controller.abort('enough');
  const error = await fails(t, () => aborted.next(), 'ABORTED');
  t.equal(error?.cause, 'enough');
  for await (const { index } of talker.animate(again, speech(40))) if (index === 2) break;
  shows(t, await framesOf(talker.animate(again, speech(2))), [0, 1], 'the talker works on');
  const portrait = await talker.portrait(portraitFile, OPTIONS);
  t.equal((await framesOf(talker.animate(portrait, speech(1)))).length, 1);

  const slow = talker.animate(again, speech(40)).frames();
  await slow.next();
  await talker.close();
  await fails(t, () => slow.next(), 'ABORTED');
  await fails(t, () => talker.sourceVideo('x.mp4'), 'CLOSED');
});

t.test('an abort while the video is read leaves nothing', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { TMPDIR: folder });
  const talker = await loadTalker(t);
  const file = movingPortrait(folder, 'moving.mp4', { frames: 60 });
  for (const read of ['sourceVideo', 'motionFromVideo'] as const) {
    const controller = new AbortController();
    const onProgress = () => controller.abort('enough');
    const work = talker[read](file, { signal: controller.signal, onProgress });
    const error = await fails(t, () => work, 'ABORTED');
    t.equal(error?.cause, 'enough');
    t.same(processesWith(file), [], `${read}: no ffmpeg is left`);
  }
  t.same(names(folder), ['moving.mp4'], 'and no temporary file');
});
