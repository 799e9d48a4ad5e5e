import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { events, PORTRAIT, printed, run, speechFile, start } from './support/cli.js';
import { decodeFrames, names, soundSeconds } from './support/media.js';

const FRAME_BYTES = (512 * 512 * 3) / 2;

t.test('a portrait and a speech to a video', async (t) => {
  const cwd = t.testdir();
  speechFile(cwd, 1);
  const ended = await run(
    ['animate', '--portrait', PORTRAIT, '--speech', 'speech.wav', '--out', 'talk.mp4'],
    { cwd },
  );
  t.equal(ended.code, 0, ended.stderr);
  t.match(
    ended.stdout,
    /^talk\.mp4: 25 frames, 1\.00 s, \d+ kB; made in [\d.]+ s \([\d.]+ fps\), first frame after [\d.]+ s\n$/,
  );
  t.notOk((ended.stdout + ended.stderr).includes('\x1b'), 'nothing for terminals');
  t.equal(decodeFrames(join(cwd, 'talk.mp4'), 'yuv420p', FRAME_BYTES).length, 25);
  t.ok(Math.abs(soundSeconds(join(cwd, 'talk.mp4')) - 1) < 0.03, 'with its sound');
  t.same(names(cwd), ['speech.wav', 'talk.mp4']);
});

t.test('portrait and motion kept and given again make the same video', async (t) => {
  const cwd = t.testdir();
  speechFile(cwd, 1);
  const json = async (...args: string[]) => {
    const ended = await run(['animate', ...args, '--json'], { cwd });
    t.equal(ended.code, 0, ended.stderr + ended.stdout);
    t.equal(ended.stderr, '');
    return events(ended);
  };
  const given = ['--seed', '3', '--portrait', PORTRAIT, '--speech', 'speech.wav'];
  const kept = ['--save-portrait', 'face.portrait', '--save-motion', 'nod.json'];
  const first = await json(...given, '--out', 'a.mp4', ...kept);
  t.match(first.at(-1), {
    event: 'result',
    file: 'a.mp4',
    format: 'mp4',
    frames: 25,
    seconds: 1,
    portrait: 'face.portrait',
    motion: 'nod.json',
    motionFrames: 25,
    fps: Number,
    firstFrameSeconds: Number,
    elapsedSeconds: Number,
    bytes: readFileSync(join(cwd, 'a.mp4')).length,
  });
  const stages = first.filter(({ event }) => event === 'progress').map(({ stage }) => stage);
  t.same([...new Set(stages)], ['load', 'portrait', 'audio', 'sample', 'render', 'encode']);
  t.match(
    first.findLast(({ stage }) => stage === 'encode'),
    { done: 25, total: 25 },
  );
  const again = await json(
    '--portrait',
    'face.portrait',
    '--motion',
    'nod.json',
    '--speech',
    'speech.wav',
    '--out',
    'b.mp4',
  );
  t.notOk(
    again.some(({ stage }) => stage === 'audio'),
    'a replay listens to nothing',
  );
  const bytes = (file: string) => readFileSync(join(cwd, file));
  t.ok(bytes('a.mp4').equals(bytes('b.mp4')), 'the same bytes');

  const only = await json(...given, '--save-motion', 'only.json');
  t.strictSame(only.at(-1), { event: 'result', motion: 'only.json', motionFrames: 25 });
  t.ok(bytes('nod.json').equals(bytes('only.json')));
  t.same(names(cwd), ['a.mp4', 'b.mp4', 'face.portrait', 'nod.json', 'only.json', 'speech.wav']);
});

t.test('controls reach the clip, and pictures are written', async (t) => {
  const cwd = t.testdir();
  speechFile(cwd, 0.2);
  const draw = async (folder: string, ...controls: string[]) => {
    const given = [
      '--portrait',
      PORTRAIT,
      '--crop',
      'none',
      '--speech',
      'speech.wav',
      '--out',
      `${folder}/%03d.png`,
    ];
    const ended = await run(['animate', ...given, '--quiet', ...controls], { cwd });
    t.same(ended, { code: 0, signal: null, stdout: '', stderr: '' });
    t.same(names(join(cwd, folder)), ['000.png', '001.png', '002.png', '003.png', '004.png']);
    return readFileSync(join(cwd, folder, '004.png'));
  };
  const plain = await draw('plain');
  t.ok(plain.equals(await draw('again', '--seed', '0')));
  t.notOk(plain.equals(await draw('turned', '--pose-offset', '-10,0,0')), 'turned');
  writeFileSync(join(cwd, 'edit.json'), JSON.stringify({ yaw: [0, 0, 0, 0, -10] }));
  t.notOk(plain.equals(await draw('edited', '--edit', 'edit.json')), 'edited');
  t.ok(plain.equals(await draw('later', '--silence-after', '9')), 'no silence so long');
  t.notOk(plain.equals(await draw('region', '--region', 'pose')), 'only the pose');
});

t.test('errors of the work: exit code 1, one line, nothing written', async (t) => {
  const cwd = t.testdir({ 'empty.wav': '', exists: { 'old.mp4': 'old' } });
  speechFile(cwd, 0.2);
  const fine = { portrait: PORTRAIT, speech: 'speech.wav', out: 'talk.mp4' };
  const cases: [options: Partial<typeof fine>, more: string[], code: string][] = [
    [{ portrait: 'nothing.png' }, [], 'FILE_NOT_FOUND'],
    [{ speech: 'empty.wav' }, [], 'SPEECH_EMPTY'],
    [{ out: 'talk.avi' }, [], 'OUTPUT_FORMAT'],
    [{ out: 'nowhere/talk.mp4' }, [], 'OUTPUT_UNWRITABLE'],
    [{ out: 'exists/old.mp4' }, ['--no-overwrite'], 'OUTPUT_UNWRITABLE'],
    [{}, ['--motion', 'speech.wav'], 'MOTION_INVALID'],
    [{}, ['--edit', 'none.json'], 'FILE_NOT_FOUND'],
  ];
  const before = names(cwd);
  for (const [options, more, code] of cases) {
    const given = Object.entries({ ...fine, ...options }).flatMap(([name, value]) => [`--${name}`, value]);
    const ended = await run(['animate', ...given, ...more, '--quiet'], { cwd });
    t.equal(ended.code, 1, code);
    t.equal(ended.stdout, '');
    t.match(ended.stderr, new RegExp(`^kdtalker: ${code}: Expected .*\\n$`));
    t.same(names(cwd), before);
  }
  t.equal(readFileSync(join(cwd, 'exists/old.mp4'), 'utf8'), 'old');
});

t.test('wrong command lines: exit code 2 and one line', async (t) => {
  const cwd = t.testdir();
  const speech = speechFile(cwd, 0.2);
  const both = ['--portrait', PORTRAIT, '--speech', speech];
  const cases: [argv: string[], message: RegExp][] = [
    [['animate'], /Expected --portrait FILE or --source-video FILE but received none/],
    [['animate', ...both], /Expected --out FILE but received none/],
    [['animate', '--portrait', PORTRAIT, '--out', 'x.mp4'], /Expected --speech FILE or --motion FILE/],
    [['animate', ...both, '--out', 'x.mp4', '--save-motion', './x.mp4'], /another file than that of --out/],
    [['animate', ...both, '--out', 'x.gif', '--crf', '20'], /nothing, gif has no such option/],
    [['animate', ...both, '--out', 'x.mp4', '--edit', speech], /JSON such as .* given for --edit/],
    [['animate', ...both, '--out', 'x.mp4', '--stitch'], /this pack has no network 'stitching'/],
    [['animat'], /Did you mean animate\?/],
  ];
  for (const [argv, message] of cases) {
    const ended = await run([...argv, '--quiet'], { cwd });
    t.equal(ended.code, 2, argv.join(' '));
    t.match(ended, { stdout: '', stderr: /^kdtalker: INVALID_ARGUMENT: .*\n$/ });
    t.match(ended.stderr, message);
  }
  const json = await run(['animate', '--protrait', 'x', '--json']);
  t.match(json, { code: 2, stderr: '' });
  t.match(events(json), [{ event: 'error', code: 'INVALID_ARGUMENT', message: /--portrait/ }]);
  t.same(names(cwd), ['speech.wav']);
});

t.test('a saved portrait takes no crop, and one of another pack is refused', async (t) => {
  const cwd = t.testdir({ 'other.portrait': '' });
  speechFile(cwd, 0.2);
  const header = Buffer.from(
    '{"__metadata__":{"format":"kdtalker-portrait","pack":"other","fingerprint":"x","crop":"{}"}}',
  );
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(cwd, 'other.portrait'), Buffer.concat([size, header]));
  const given = ['animate', '--portrait', 'other.portrait', '--speech', 'speech.wav', '--out', 'x.mp4'];
  t.match(await run([...given, '--face', '0'], { cwd }), {
    code: 2,
    stderr: /Expected no --face with a saved portrait/,
  });
  t.match(await run(given, { cwd }), { code: 1, stderr: /PORTRAIT_INVALID: .* made with pack other/ });
});

t.test('--debug and KDTALKER_DEBUG add the stack', async (t) => {
  const given = ['packs', 'info', 'nothing'];
  t.match(await run(given), { code: 1, stderr: /^kdtalker: PACK_NOT_FOUND: [^\n]*\n$/ });
  t.match(await run([...given, '--debug']), {
    code: 1,
    stderr: /PACK_NOT_FOUND: .*\n.*KdtalkerError: .*\n +at /s,
  });
  t.match(await run(given, { env: { KDTALKER_DEBUG: '1' } }), { stderr: /\n +at / });
});

t.test('help, version and packs', async (t) => {
  const [version, help, none, group, list, info, verify] = await Promise.all([
    run(['--version']),
    run(['help', 'animate']),
    run([]),
    run(['packs', '--help']),
    run(['packs', 'list']),
    run(['packs', 'info', 'puppet']),
    run(['packs', 'verify', 'puppet', '--json']),
  ]);
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.same(version, { code: 0, signal: null, stdout: `${manifest.version}\n`, stderr: '' });
  t.match(help, { code: 0, stdout: /^Usage: kdtalker animate --portrait/, stderr: '' });
  t.match(none, { code: 2, stdout: '', stderr: /^Usage: kdtalker COMMAND/ });
  t.match(group, { code: 0, stdout: /\n {2}verify +Check/ });
  t.match(list, { code: 0, stdout: /^PACK +VERSION .*\npuppet +\d/ });
  t.match(info, { code: 0, stdout: /\n {2}denoiser +\S+\.onnx +[\d.]+ kB +[0-9a-f]{12}\n/ });
  t.match(events(verify).at(-1), { event: 'result', pack: 'puppet', files: [{ ok: true }] });
});

t.test('a damaged pack is found', async (t) => {
  const cwd = t.testdir({ pack: {} });
  const { directory } = events(await run(['packs', 'verify', 'puppet', '--json'])).at(-1) as unknown as {
    directory: string;
  };
  for (const file of names(directory).filter((name) => /\.(onnx|json)$/.test(name))) {
    copyFileSync(join(directory, file), join(cwd, 'pack', file));
  }
  t.match(await run(['packs', 'verify', 'pack'], { cwd }), { code: 0, stdout: /all 6 files/ });
  const file = join(cwd, 'pack/denoiser.onnx');
  const bytes = readFileSync(file);
  bytes[1000]! ^= 1;
  writeFileSync(file, bytes);
  t.match(await run(['packs', 'verify', './pack'], { cwd }), {
    code: 1,
    stdout: '',
    stderr: /PACK_DAMAGED: .*denoiser/,
  });
});

t.test('a reader that goes away does not stop the work', async (t) => {
  const cwd = t.testdir();
  speechFile(cwd, 0.4);
  const given = ['animate', '--portrait', PORTRAIT, '--speech', 'speech.wav', '--out', 'talk.mp4', '--json'];
  const running = start(given, { cwd });
  await printed(running, /progress/);
  running.child.stdout!.destroy();
  t.match(await running.ended, { code: 0, stderr: '' });
  t.ok(existsSync(join(cwd, 'talk.mp4')));
});

t.test('without dist/ the launcher says what to do', async (t) => {
  const cwd = t.testdir();
  mkdirSync(join(cwd, 'bin'));
  writeFileSync(join(cwd, 'package.json'), '{"type":"module"}');
  const bin = join(cwd, 'bin/kdtalker.js');
  copyFileSync(new URL('../bin/kdtalker.js', import.meta.url), bin);
  t.match(await run(['--version'], { bin }), {
    code: 1,
    stdout: '',
    stderr: /^kdtalker: dist\/ is missing.*npm ci\n$/,
  });
});
