import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Motion } from 'kdtalker';
import t from 'tap';
import { run } from './support/cli.js';
import { fails, ffmpeg, names, sine, soundSeconds, wav } from './support/media.js';
import { loadTalker, portraitFile } from './support/talker.js';

/** A file with two tracks of sound, of 5 and of 3 frames; the second is marked as the one to play. */
function twoTracks(folder: string): string {
  const files = [0.2, 0.12].map((seconds, index) => {
    const file = join(folder, `${index}.wav`);
    writeFileSync(file, wav({ channels: [sine(seconds)] }));
    return file;
  });
  const both = join(folder, 'both.mkv');
  const marks = ['-disposition:a:0', '0', '-disposition:a:1', 'default'];
  const input = ['-i', files[0]!, '-i', files[1]!, '-map', '0', '-map', '1'];
  ffmpeg(...input, '-c:a', 'flac', ...marks, both);
  return both;
}

t.test('the track of sound that the file marks, or the one asked for', async (t) => {
  const folder = t.testdir();
  const both = twoTracks(folder);
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(portraitFile);
  const framesWith = async (options: object) =>
    (await talker.animate(portrait, both, options).motion()).frames;
  t.equal(await framesWith({}), 3, 'the marked one');
  t.equal(await framesWith({ soundTrack: 0 }), 5);
  t.equal(await framesWith({ soundTrack: 1 }), 3);
  await fails(t, () => framesWith({ soundTrack: 2 }), 'INVALID_ARGUMENT', /from 0 to 1 for soundTrack/);
  await fails(t, () => framesWith({ soundTrack: -1 }), 'INVALID_ARGUMENT', /0 to 1000 for soundTrack/);
  const trace = await talker.trace(portraitFile, both, { soundTrack: 0 });
  t.ok(trace.tensors);

  const motion = new Motion(new Float32Array(25 * 70).fill(0.01));
  await fails(
    t,
    async () => talker.animate(portrait, motion, { soundTrack: 0 }),
    'INVALID_ARGUMENT',
    /none with a motion for soundTrack/,
  );
  const clip = talker.animate(portrait, motion);
  await fails(
    t,
    () => clip.save(join(folder, 'a.mp4'), { soundTrack: 0 }),
    'INVALID_ARGUMENT',
    /without sound/,
  );
  const file = join(folder, 'a.mp4');
  await clip.save(file, { sound: both, soundTrack: 0 });
  t.ok(Math.abs(soundSeconds(file) - 1) < 0.03);
});

t.test('the command', async (t) => {
  const cwd = t.testdir();
  const both = twoTracks(cwd);
  const spoken = ['--portrait', portraitFile, '--speech', both];
  t.match(await run(['motion', ...spoken, '--sound-track', '0', '--out', 'm.json'], { cwd }), {
    code: 0,
    stdout: /5 frames/,
  });
  t.match(await run(['animate', ...spoken, '--sound-track', '1', '--out', 'a.mp4'], { cwd }), {
    code: 0,
    stdout: /3 frames/,
  });
  t.match(
    await run(
      ['animate', '--portrait', portraitFile, '--motion', 'm.json', '--sound-track', '1', '--out', 'b.mp4'],
      {
        cwd,
      },
    ),
    { code: 2, stderr: /no --sound-track without --speech/ },
  );
  t.notOk(names(cwd).includes('b.mp4'));
});
