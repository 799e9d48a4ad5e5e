import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { PORTRAIT, run, speechFile } from './support/cli.js';

t.test('the picture from standard input and from a pipe', async (t) => {
  const cwd = t.testdir();
  const keep = async (name: string, portrait: string, input?: Uint8Array) => {
    const args = ['animate', '--portrait', portrait, '--save-portrait', name];
    const ended = await run(args, input ? { cwd, input } : { cwd });
    t.equal(ended.code, 0, ended.stderr);
    return readFileSync(join(cwd, name));
  };
  const wanted = await keep('file', PORTRAIT);
  t.ok(wanted.equals(await keep('stdin', '-', readFileSync(PORTRAIT))), 'standard input');
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', PORTRAIT, join(cwd, 'pipe')]);
  t.ok(wanted.equals(await keep('named', 'pipe')), 'a named pipe');
});

t.test('standard input has one picture or one speech', async (t) => {
  const ended = await run(['animate', '--portrait', '-', '--speech', '-', '--out', 'a.mp4'], {
    cwd: t.testdir(),
  });
  t.not(ended.code, 0);
  t.match(ended.stderr, /a file beside --portrait - for --speech/);
  const empty = await run(['animate', '--portrait', '-', '--save-portrait', 'a'], {
    cwd: t.testdir(),
    input: new Uint8Array(),
  });
  t.not(empty.code, 0);
  t.match(empty.stderr, /0 bytes, which is empty/);
});

t.test('--background', async (t) => {
  const cwd = t.testdir();
  speechFile(cwd, 0.04);
  const hole = sharp(PORTRAIT)
    .ensureAlpha()
    .composite([
      {
        input: { create: { width: 40, height: 40, channels: 4, background: '#000' } },
        left: 0,
        top: 0,
        blend: 'dest-out',
      },
    ]);
  await hole.png().toFile(join(cwd, 'hole.png'));
  const corner = async (folder: string, ...args: string[]) => {
    const common = [
      'animate',
      '--portrait',
      'hole.png',
      '--speech',
      'speech.wav',
      '--frame',
      'full',
      '--out',
      `${folder}/`,
    ];
    const ended = await run([...common, ...args], { cwd });
    t.equal(ended.code, 0, ended.stderr);
    return [
      ...(await sharp(join(cwd, folder, '00000.png'))
        .extract({ left: 0, top: 0, width: 1, height: 1 })
        .raw()
        .toBuffer()),
    ];
  };
  t.same(await corner('white'), [255, 255, 255]);
  t.same(await corner('blue', '--background', '#0000ff'), [0, 0, 255]);
  t.equal((await corner('through', '--background', 'transparent'))[3], 0);
  const wrong = await run(
    ['animate', '--portrait', 'hole.png', '--background', 'blue', '--save-portrait', 'x'],
    { cwd },
  );
  t.match(wrong.stderr, /a colour as '#rrggbb'/);
  const useless = await run(
    [
      'animate',
      '--source-video',
      'driver.mp4',
      '--background',
      '#0000ff',
      '--speech',
      'speech.wav',
      '--out',
      'a.mp4',
    ],
    { cwd },
  );
  t.match(useless.stderr, /no --background with --source-video/);
});
