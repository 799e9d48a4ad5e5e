import { join } from 'node:path';
import { Motion, readPack } from 'kdtalker';
import t from 'tap';
import { native } from '../dist/binding.js';
import { MOTION_SIZE } from '../dist/talker/motion/motion.js';
import { run } from './support/cli.js';
import { fails, names, processesWith } from './support/media.js';
import { plainPack } from './support/plain-pack.js';
import { hashOf, loadTalker, portraitFile, speechWav } from './support/talker.js';
import { colours, movingPortrait } from './support/videos.js';

t.test('what the motion network sees in each picture', async (t) => {
  const folder = t.testdir();
  const pack = await plainPack(join(folder, 'pack'), { readsYaw: true });
  const talker = await loadTalker(t, { device: 'guarded' }, pack);
  const file = colours(folder, 'colours.mkv', 5);
  const before = talker.counters();
  const stages: string[] = [];
  const motion = await talker.motionFromVideo(file, {
    crop: 'none',
    onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total ?? '?'}`),
  });
  t.same([motion.frames, motion.fps], [5, 25]);
  for (let i = 0; i < 5; i++) {
    const { yaw, pitch, scale } = motion.frame(i);
    const wanted = (40 * (20 + 10 * i)) / 255 - 20;
    t.ok(Math.abs(yaw - wanted) < 0.2, `picture ${i}: yaw ${yaw}, as red as ${wanted}`);
    t.same([pitch, scale], [0, 1]);
  }
  t.same(stages.slice(0, 2), ['track 1/?', 'track 2/?']);
  t.same(stages.slice(-2), ['motion 4/5', 'motion 5/5']);
  const after = talker.counters();
  const crossed = (name: 'picture' | 'motion' | 'portrait' | 'trace') =>
    Object.entries(after[name]).map(([key, value]) => value - before[name][key as 'uploads']);
  t.same(crossed('picture'), [5, 5 * 3 * 512 * 512, 0, 0], 'a crop goes up for each picture');
  t.same(crossed('motion'), [0, 0, 5, 5 * MOTION_SIZE * 4], 'and 70 numbers come down');
  t.same([...crossed('portrait'), ...crossed('trace')], [0, 0, 0, 0, 0, 0, 0, 0]);

  const kept = join(folder, 'nod.json');
  await motion.save(kept);
  t.same((await Motion.load(kept)).values, motion.values);
  const portrait = await talker.portrait(portraitFile);
  const clip = talker.animate(portrait, await Motion.load(kept), { mode: 'relative' });
  t.equal(await hashOf(clip), await hashOf(talker.animate(portrait, motion, { mode: 'relative' })));
});

t.test('the crop stays where the face is on average', async (t) => {
  const folder = t.testdir();
  const talker = await loadTalker(t);
  const file = movingPortrait(folder, 'moving.mp4', { frames: 5 });
  const motion = await talker.motionFromVideo(file);
  t.equal(motion.frames, 5);
  t.ok(motion.values.every(Number.isFinite));
  await fails(
    t,
    () => talker.motionFromVideo(colours(folder, 'plain.mkv', 2)),
    'NO_FACE',
    /Expected a face in the first second of the video/,
  );
  await fails(
    t,
    () => talker.motionFromVideo(file, { repeat: 'loop' } as never),
    'INVALID_ARGUMENT',
    /options of motionFromVideo\(\) but received 'repeat'/,
  );
  await fails(t, () => talker.motionFromVideo(portraitFile, { face: 3 }), 'NO_FACE', /1 face/);
  t.same(processesWith(folder), []);
  await talker.close();
  await fails(t, () => talker.motionFromVideo(file), 'CLOSED');
});

t.test('a handle of another kind is refused', async (t) => {
  const { directory } = await readPack('puppet');
  t.ok(directory);
  t.throws(() => native().readPictureMotion({} as never, { data: new Uint8Array(3), width: 1, height: 1 }), {
    code: 'INVALID_ARGUMENT',
  });
});

t.test('the command: motion of a video and of speech, and a source video', async (t) => {
  const cwd = t.testdir();
  const speech = speechWav(cwd, 4);
  const video = movingPortrait(cwd, 'moving.mp4', { frames: 3 });
  const of = (...args: string[]) => run(args, { cwd });
  t.match(await of('motion', '--video', video, '--out', 'nod.json'), {
    code: 0,
    stdout: /^nod\.json: the motion, 3 frames\n$/,
  });
  t.equal((await Motion.load(join(cwd, 'nod.json'))).frames, 3);
  const spoken = ['--portrait', portraitFile, '--speech', speech];
  t.match(await of('motion', ...spoken, '--seed', '2', '--out', 'talk.json'), {
    code: 0,
    stdout: /^talk\.json: the motion, 4 frames\n$/,
  });
  const out = ['--frame', 'full', '--out', 'talk.mp4'];
  t.match(await of('animate', '--source-video', video, '--repeat', 'loop', '--speech', speech, ...out), {
    code: 0,
    stdout: /^talk\.mp4: 4 frames, 0\.16 s/,
  });
  t.same(names(cwd), ['moving.mp4', 'nod.json', 'speech-4.wav', 'talk.json', 'talk.mp4']);
});

t.test('the command: what contradicts itself', async (t) => {
  const cwd = t.testdir();
  for (const [args, message] of [
    [['motion', '--video', 'a.mp4'], /--out FILE/],
    [['motion', '--out', 'a.json'], /one of --video FILE and --speech FILE but received none/],
    [['motion', '--video', 'a', '--speech', 'b', '--out', 'c'], /but received both/],
    [['motion', '--video', 'a', '--seed', '1', '--out', 'c'], /no --seed with --video/],
    [['motion', '--video', 'a.mp4', '--out', 'a.mp4'], /another file than that of --video for --out/],
    [['animate', '--source-video', 'a', '--portrait', 'b', '--out', 'c.mp4'], /no --portrait beside/],
    [['animate', '--source-video', 'a', '--save-portrait', 'b'], /no --save-portrait with/],
    [['animate', '--portrait', 'a', '--repeat', 'loop', '--out', 'c.mp4'], /no --repeat without/],
  ] as const)
    t.match(await run(args, { cwd }), { code: 2, stdout: '', stderr: message });
  t.match(await run(['motion', '--video', 'a.mp4', '--out', 'b.json'], { cwd }), {
    code: 1,
    stderr: /FILE_NOT_FOUND/,
  });
  t.same(names(cwd), []);
});
