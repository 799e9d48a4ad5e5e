import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { FfmpegProcess } from '../dist/media/ffmpeg-process.js';
import { parseVersion } from '../dist/media/ffmpeg-version.js';
import { findFfmpeg, locateFfmpeg } from '../dist/media/index.js';
import { probe } from '../dist/media/sources/probe.js';
import {
  fails,
  ffmpeg,
  gone,
  isAlive,
  names,
  processesWith,
  setEnvironment,
  sine,
  wav,
} from './support/media.js';

const DIST = fileURLToPath(new URL('../dist/media/index.js', import.meta.url));

/** A program that answers as ffmpeg would. */
function fakeFfmpeg(
  folder: string,
  name = 'ffmpeg',
  body = 'echo "ffmpeg version 9.9-fake Copyright"',
): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

t.test('FFMPEG_PATH comes first, then PATH, then the package', async (t) => {
  const folder = t.testdir({ bin: {} });
  const named = fakeFfmpeg(folder, 'my-ffmpeg');
  const onPath = fakeFfmpeg(join(folder, 'bin'));
  setEnvironment(t, { FFMPEG_PATH: named, PATH: `${folder}:${join(folder, 'bin')}:${process.env.PATH}` });
  t.same(await findFfmpeg(), { path: named, source: 'FFMPEG_PATH', version: '9.9-fake', outdated: false });
  delete process.env.FFMPEG_PATH;
  t.same(locateFfmpeg(), { path: onPath, source: 'PATH' });
  process.env.PATH = join(folder, 'nowhere');
  const packaged = await findFfmpeg();
  t.equal(packaged.source, '@ffmpeg-installer/ffmpeg');
  t.match(packaged.path, /@ffmpeg-installer/);
  t.ok(packaged.version.length > 0);
});

t.test("the package is found where Yarn Plug'n'Play unpacks it, and not inside an archive", async (t) => {
  const loader = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const resolve = loader._resolveFilename;
  t.teardown(() => Object.assign(loader, { _resolveFilename: resolve }));
  setEnvironment(t, { FFMPEG_PATH: undefined, PATH: '/nowhere' });
  const folder = t.testdir({ unplugged: {}, 'linux-x64.zip': {} });
  const isAt = (place: string) => {
    loader._resolveFilename = (request, ...rest) =>
      /^@ffmpeg-installer\/.*-.*\/package.json$/.test(request)
        ? join(folder, place, 'package.json')
        : resolve.call(loader, request, ...rest);
    return fakeFfmpeg(join(folder, place));
  };
  const path = isAt('unplugged');
  t.same(locateFfmpeg(), { path, source: '@ffmpeg-installer/ffmpeg' });
  isAt('linux-x64.zip');
  await fails(t, async () => locateFfmpeg(), 'FFMPEG_NOT_FOUND', /but found none/);
});

t.test('which versions are too old for files of strangers', async (t) => {
  const line = (version: string, year: number) =>
    `ffmpeg version ${version} Copyright (c) 2000-${year} the FFmpeg developers\nbuilt with gcc`;
  for (const [version, year, outdated] of [
    ['N-47683-g0e8eb07980-static', 2018, true],
    ['4.3.9-0+deb11u1', 2025, true],
    ['3.4.11', 2022, true],
    ['4.4.2-0ubuntu0.22.04.1', 2021, false],
    ['5.1.9-0+deb12u1', 2026, false],
    ['n7.1', 2024, false],
    ['N-118193-g5f38c82536', 2024, false],
    ['2025-01-02-git-1234abc', 2025, false],
  ] as const)
    t.same(parseVersion(line(version, year)), { version, outdated }, version);
  t.equal(parseVersion('hello'), undefined);
});

t.test('decoding with an outdated ffmpeg warns the process once', async (t) => {
  const folder = t.testdir();
  const banner = `echo 'ffmpeg version 2.8.1 Copyright (c) 2000-2015 the FFmpeg developers' >&2`;
  setEnvironment(t, { FFMPEG_PATH: fakeFfmpeg(folder, 'old', banner) });
  const warnings: (Error & { code?: string })[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  for (let i = 0; i < 2; i++) await probe(join(folder, 'a.mp4'));
  await new Promise(setImmediate);
  t.equal(warnings.length, 1);
  t.match(warnings[0], {
    name: 'KdtalkerWarning',
    code: 'FFMPEG_OUTDATED',
    message: /\(2\.8\.1\) is older than 4\.4/,
  });
});

t.test('a wrong FFMPEG_PATH is said, not passed over', async (t) => {
  const folder = t.testdir({ 'not-executable': 'x', sub: {} });
  chmodSync(join(folder, 'not-executable'), 0o644);
  for (const path of [join(folder, 'absent'), join(folder, 'not-executable'), join(folder, 'sub')]) {
    setEnvironment(t, { FFMPEG_PATH: path });
    await fails(
      t,
      findFfmpeg,
      'FFMPEG_NOT_FOUND',
      /Expected an executable file for FFMPEG_PATH but received.*Install ffmpeg/,
    );
  }
  setEnvironment(t, { FFMPEG_PATH: fakeFfmpeg(folder, 'other', 'echo hello') });
  await fails(t, findFfmpeg, 'FFMPEG_NOT_FOUND', /does not answer to -version/);
});

t.test('no ffmpeg at all', async (t) => {
  // A copy of the library outside of the project finds no package.
  const away = mkdtempSync(join(tmpdir(), 'away-'));
  t.teardown(() => rmSync(away, { recursive: true }));
  const modules = ['errors', 'warnings', 'media/ffmpeg', 'media/ffmpeg-version'].map(
    (name) => `dist/${name}.js`,
  );
  for (const file of ['package.json', ...modules]) {
    cpSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), join(away, file));
  }
  const code = `
    const { locateFfmpeg } = await import(process.argv[1] + '/dist/media/ffmpeg.js');
    try { locateFfmpeg() } catch (error) { console.log(error.code + ' ' + error.message) }`;
  const { stdout } = await run(['--input-type=module', '-e', code, away], {
    PATH: '/nowhere',
    FFMPEG_PATH: '',
  });
  t.match(
    stdout,
    /^FFMPEG_NOT_FOUND Expected an ffmpeg program in FFMPEG_PATH, on PATH or in the package.*Install ffmpeg/,
  );
});

t.test('a run: output, exit code, the end of stderr', async (t) => {
  const good = FfmpegProcess.start(['-f', 'lavfi', '-i', 'sine=d=1', '-f', 's16le', 'pipe:1'], {
    what: 'A tone',
    stdout: true,
  });
  let bytes = 0;
  for await (const piece of good.stdout) bytes += piece.length;
  const exit = await good.wait();
  t.equal(bytes, 88200);
  t.equal(good.errorOf(exit), undefined);

  const bad = FfmpegProcess.start(['-i', 'file:/absent/x.mp3', '-f', 'null', '-'], { what: "Decoding 'x'" });
  const error = bad.errorOf(await bad.wait());
  t.equal(error?.code, 'FFMPEG_FAILED');
  t.match(
    error?.message,
    /^Decoding 'x' failed: expected ffmpeg to finish but it ended with exit code \d+\. Its last words: .*No such file/,
  );
  await bad.kill();
});

t.test('stderr is kept only in part', async (t) => {
  setEnvironment(t, {
    FFMPEG_PATH: fakeFfmpeg(
      t.testdir(),
      'loud',
      'yes padding | head -c 3000000 >&2; echo THE END >&2; exit 3',
    ),
  });
  const loud = FfmpegProcess.start([], { what: 'Noise' });
  const exit = await loud.wait();
  t.equal(exit.code, 3);
  t.ok(exit.stderr.length <= 65536);
  t.match(loud.errorOf(exit)?.message, /padding \| THE END/);
});

t.test('a missing encoder is explained', async (t) => {
  const run = FfmpegProcess.start(['-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'nonsense', '-f', 'null', '-'], {
    what: 'It',
  });
  t.match(run.errorOf(await run.wait())?.message, /built without that encoder: set FFMPEG_PATH/);
});

t.test('a program that cannot be run', async (t) => {
  const path = join(t.testdir(), 'broken');
  writeFileSync(path, '#!/absent/interpreter\n');
  chmodSync(path, 0o755);
  setEnvironment(t, { FFMPEG_PATH: path });
  const run = FfmpegProcess.start([], { what: 'It', stdin: true });
  const error = run.errorOf(await run.wait());
  t.equal(error?.code, 'FFMPEG_NOT_FOUND');
  t.match(error?.message, /Check the program/);
  await run.kill();
});

t.test('kill and abort end the child and wait for it', async (t) => {
  const endless = ['-re', '-f', 'lavfi', '-i', 'sine', '-f', 'null', '-'];
  const killed = FfmpegProcess.start(endless, { what: 'It' });
  t.ok(isAlive(killed.pid!));
  await Promise.all([killed.kill(), killed.kill()]);
  t.notOk(isAlive(killed.pid!), 'reaped, not a zombie');
  t.match(killed.errorOf(await killed.wait())?.message, /ended by SIGKILL/);

  const controller = new AbortController();
  const aborted = FfmpegProcess.start(endless, { what: 'It', signal: controller.signal });
  controller.abort('why');
  const error = aborted.errorOf(await aborted.wait());
  t.equal(error?.code, 'ABORTED');
  t.equal(error?.cause, 'why');
  t.notOk(isAlive(aborted.pid!));
  t.throws(() => FfmpegProcess.start(endless, { what: 'It', signal: controller.signal }), {
    code: 'ABORTED',
  });
});

t.test('a broken pipe is no uncaught error', async (t) => {
  setEnvironment(t, { FFMPEG_PATH: fakeFfmpeg(t.testdir(), 'deaf', 'exit 0') });
  const deaf = FfmpegProcess.start([], { what: 'It', stdin: true });
  await deaf.wait();
  const broken = await new Promise((resolve) => deaf.stdin.write(Buffer.alloc(2 ** 20), resolve));
  t.ok(broken, 'the write says so');
});

t.test('many at once', async (t) => {
  const runs = Array.from({ length: 24 }, () =>
    FfmpegProcess.start(['-f', 'lavfi', '-i', 'sine=d=0.1', '-f', 'null', '-'], { what: 'It' }),
  );
  const exits = await Promise.all(runs.map((run) => run.wait()));
  t.ok(exits.every(({ code }) => code === 0));
  t.ok(process.listenerCount('exit') < 12, 'one listener for all of them');
});

/** Runs node in a process of its own. */
async function run(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '', ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

/** What a child process may leave in the middle of: a decoder waiting for its reader, an encoder for its next frame. */
const IN_THE_MIDDLE = `
  import { openSound, openVideo } from ${JSON.stringify(pathToFileURL(DIST).href)};
  const folder = process.argv.at(-1);
  const sound = await openSound(folder + '/long.flac');
  const reading = sound.chunks()[Symbol.asyncIterator]();
  await reading.next();
  const pcm = await openSound({ samples: new Float32Array(16000), sampleRate: 16000 });
  const video = await openVideo(folder + '/talk.mp4', { width: 64, height: 64, fps: 25, frames: 99, sound: pcm.track });
  await video.write(new Uint8Array(64 * 64 * 1.5));
`;

t.test('however a process ends, no child and no file is left', async (t) => {
  const endings = {
    'end of the program': ['', 0],
    'process.exit': ['process.exit(3)', 3],
    'uncaught throw': ["throw new Error('boom')", 1],
    'exit with a write under way': [
      'for (let i = 0; i < 50; i++) video.write(new Uint8Array(64 * 64 * 1.5)).catch(() => {}); process.exit(4)',
      4,
    ],
  } as const;
  for (const [name, [ending, expected]] of Object.entries(endings)) {
    const folder = t.testdir({ tmp: {}, 'long.wav': wav({ channels: [sine(60, 44100)], rate: 44100 }) });
    ffmpeg('-i', join(folder, 'long.wav'), join(folder, 'long.flac'));
    const { code, signal, stderr } = await run(
      ['--input-type=module', '-e', IN_THE_MIDDLE + ending, folder],
      { TMPDIR: join(folder, 'tmp') },
    );
    t.same([code, signal], [expected, null], `${name}: ${stderr}`);
    t.same(names(folder), ['long.flac', 'long.wav', 'tmp'], name);
    t.same(names(join(folder, 'tmp')), [], name);
    await gone(folder);
    t.pass(`${name}: no child is left`);
  }
});

t.test('a killed process takes its children along', async (t) => {
  const folder = t.testdir({ tmp: {}, 'long.wav': wav({ channels: [sine(60, 44100)], rate: 44100 }) });
  ffmpeg('-i', join(folder, 'long.wav'), join(folder, 'long.flac'));
  await run(['--input-type=module', '-e', `${IN_THE_MIDDLE} process.kill(process.pid, 'SIGKILL')`, folder], {
    TMPDIR: join(folder, 'tmp'),
  });
  for (let tries = 0; tries < 200 && processesWith(folder).length > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(processesWith(folder), [], 'their pipes are closed, so they end by themselves');
  t.notOk(names(folder).includes('talk.mp4'), 'and nothing has the final name');
});

t.test('a worker thread that ends in the middle cleans up', async (t) => {
  const folder = t.testdir({ 'long.wav': wav({ channels: [sine(60, 44100)], rate: 44100 }) });
  ffmpeg('-i', join(folder, 'long.wav'), join(folder, 'long.flac'));
  const file = join(folder, 'worker.mjs');
  writeFileSync(file, `${IN_THE_MIDDLE} process.exit(0)`);
  const worker = new Worker(file, { argv: [folder] });
  const [code] = await once(worker, 'exit');
  t.equal(code, 0);
  for (let tries = 0; tries < 200 && processesWith(folder).length > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.same(processesWith(folder), []);
  t.same(names(folder), ['long.flac', 'long.wav', 'worker.mjs']);
});
