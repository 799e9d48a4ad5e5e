import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { openVideo } from '../dist/media/index.js';
import { BIN, events, PORTRAIT, plainEnvironment, run, speechFile } from './support/cli.js';
import { decodeFrames, fails, frame, heard, lagOf, processesWith, wav } from './support/media.js';

/** A folder with a speech of 0.4 s, also in the form that speech synthesis writes to a pipe: with unknown sizes. */
function speech(t: Test) {
  const cwd = t.testdir();
  const bytes = readFileSync(speechFile(cwd, 0.4));
  const unknown = Buffer.from(bytes);
  unknown.writeUInt32LE(0xffffffff, 4);
  unknown.writeUInt32LE(0xffffffff, unknown.indexOf('data') + 4);
  return { cwd, unknown };
}

t.test('speech from standard input and from a pipe', async (t) => {
  const { cwd, unknown } = speech(t);
  const make = async (out: string, args: readonly string[], input?: Uint8Array) => {
    const ended = await run([...args, '--out', out], input ? { cwd, input } : { cwd });
    t.equal(ended.code, 0, ended.stderr);
    return readFileSync(join(cwd, out));
  };
  const animate = ['animate', '--portrait', PORTRAIT, '--speech'];
  const wanted = await make('file.mp4', [...animate, 'speech.wav']);
  t.ok(wanted.equals(await make('stdin.mp4', [...animate, '-'], unknown)), 'standard input');
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  const feed = () => spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', join(cwd, 'speech.wav'), join(cwd, 'pipe')]);
  feed();
  t.ok(wanted.equals(await make('pipe.mp4', [...animate, 'pipe'])), 'a named pipe');

  const motion = ['motion', '--portrait', PORTRAIT, '--speech'];
  const moved = await make('a.json', [...motion, 'speech.wav']);
  t.ok(moved.equals(await make('b.json', [...motion, '-'], unknown)), 'motion');
  const replay = ['animate', '--portrait', PORTRAIT, '--motion', 'a.json', '--speech'];
  t.ok(wanted.equals(await make('stdin2.mp4', [...replay, '-'], unknown)), 'only as the sound of a motion');
  const trace = ['trace', '--portrait', PORTRAIT, '--speech'];
  const traced = await make('a.safetensors', [...trace, '-'], unknown);
  feed();
  t.ok(traced.equals(await make('b.safetensors', [...trace, 'pipe'])), 'trace');
});

t.test('standard input holds one thing', async (t) => {
  const { cwd } = speech(t);
  for (const command of ['animate', 'trace']) {
    const args = [command, '--portrait', '-', '--speech', '-', '--out', 'out.mp4'];
    const ended = await run(args, { cwd, input: readFileSync(PORTRAIT) });
    t.equal(ended.code, 2);
    t.match(ended.stderr, /INVALID_ARGUMENT: Expected a file beside --portrait - for --speech/, command);
  }
  const empty = await run(['animate', '--portrait', PORTRAIT, '--speech', '-', '--out', 'out.mp4'], { cwd });
  t.match(empty.stderr, /SPEECH_EMPTY: .*a stream, which is empty/);
});

/** Runs the command with a reader of its stdout, which may stop early. */
async function piped(
  args: readonly string[],
  cwd: string,
  input: Uint8Array,
  most = Number.POSITIVE_INFINITY,
) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: plainEnvironment() });
  child.stdin.end(input);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const pieces: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= most) child.stdout.destroy();
  });
  const [code] = await once(child, 'close');
  return { code, stderr, stdout: Buffer.concat(pieces) };
}

t.test('a video on standard output, of speech on standard input', async (t) => {
  const { cwd, unknown } = speech(t);
  const animate = ['animate', '--portrait', PORTRAIT, '--speech', '-', '--out', '-'];
  for (const format of ['mp4', 'webm', 'gif']) {
    const args = format === 'mp4' ? animate : [...animate, '--format', format];
    const { code, stderr, stdout } = await piped([...args, '--json'], cwd, unknown);
    t.equal(code, 0, stderr);
    const file = join(cwd, `out.${format}`);
    writeFileSync(file, stdout);
    t.equal(decodeFrames(file, 'rgb24', 512 * 512 * 3).length, 10, `${format}: its frames`);
    const result = events({ code: 0, signal: null, stdout: stderr, stderr }).at(-1);
    t.match(result, { event: 'result', file: '-', format, frames: 10, bytes: stdout.length });
    if (format === 'gif') continue;
    const wanted = Float32Array.from(
      { length: 6400 },
      (_, i) => unknown.readInt16LE(unknown.length - 12800 + 2 * i) / 32768,
    );
    const { lag, correlation } = lagOf(heard(file), wanted, 800);
    t.ok(
      correlation > 0.9 && Math.abs(lag) < 16 * 46,
      `${format}: its sound, ${lag} samples, ${correlation}`,
    );
  }
  const files = await run(
    ['animate', '--portrait', PORTRAIT, '--speech', 'speech.wav', '--out', 'plain.mp4'],
    { cwd },
  );
  t.equal(files.code, 0);
  const frames = (name: string) => Buffer.concat(decodeFrames(join(cwd, name), 'rgb24', 512 * 512 * 3));
  t.ok(frames('plain.mp4').equals(frames('out.mp4')), 'the frames are those of a file');
});

t.test('a video to a named pipe', async (t) => {
  const { cwd } = speech(t);
  execFileSync('mkfifo', [join(cwd, 'pipe')]);
  const reader = spawn('cat', [join(cwd, 'pipe')], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces: Buffer[] = [];
  reader.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = once(reader, 'close');
  const ended = await run(['animate', '--portrait', PORTRAIT, '--speech', 'speech.wav', '--out', 'pipe'], {
    cwd,
  });
  t.equal(ended.code, 0, ended.stderr);
  await closed;
  writeFileSync(join(cwd, 'out.mp4'), Buffer.concat(pieces));
  t.equal(decodeFrames(join(cwd, 'out.mp4'), 'rgb24', 512 * 512 * 3).length, 10);
});

t.test('a reader that closes early', async (t) => {
  const cwd = t.testdir();
  const silence = wav({ channels: [new Float32Array(16000 * 20)] });
  const args = ['animate', '--portrait', PORTRAIT, '--speech', '-', '--out', '-'];
  // A crf that no other test uses marks its encoder.
  const { code, stderr } = await piped(
    [...args, '--format', 'webm', '--crf', '37', '--json'],
    cwd,
    silence,
    1,
  );
  t.same(processesWith('-b:v 0 -crf 37'), [], 'no encoder is left');
  t.equal(code, 1);
  const failure = events({ code, signal: null, stdout: stderr, stderr }).at(-1);
  t.match(failure, { event: 'error', code: 'OUTPUT_UNWRITABLE', message: /its reader closed it/ });
});

t.test('streams of a caller', async (t) => {
  const options = { width: 64, height: 64, fps: 25 };
  const content = { ...options, frames: 50 };
  const picture = (i: number) => frame('yuv420p', 64, 64, i);
  const taken: Buffer[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write: (piece, _, done) => {
      taken.push(piece);
      setImmediate(done);
    },
  });
  const whole = await openVideo(slow, content);
  for (let i = 0; i < 50; i++) await whole.write(picture(i));
  const { bytes } = await whole.finish();
  t.equal(bytes, Buffer.concat(taken).length);
  t.ok(slow.writableFinished, 'it is ended');
  const file = join(t.testdir(), 'a.mp4');
  writeFileSync(file, Buffer.concat(taken));
  t.equal(decodeFrames(file, 'yuv420p', 64 * 64 * 1.5).length, 50);

  const never = new Writable({ highWaterMark: 1, write: () => {} });
  const controller = new AbortController();
  const stopped = await openVideo(never, {
    ...content,
    frames: 5000,
    signal: controller.signal,
    format: 'webm',
  });
  setImmediate(() => controller.abort());
  const writeAll = async () => {
    for (let i = 0; i < 5000; i++) await stopped.write(picture(i));
  };
  await fails(t, writeAll, 'ABORTED');

  const untouched = new Writable({ write: (_piece, _, done) => done() });
  await (await openVideo(untouched, content)).abort();
  t.notOk(untouched.destroyed, 'nothing was written: it is left as it was');
  never.destroy();
  for (const wrong of [{}, undefined, never])
    await fails(
      t,
      () => openVideo(wrong as Writable, content),
      'INVALID_ARGUMENT',
      /a path or a stream that can be written/,
    );
  await fails(
    t,
    () => openVideo('frames/', { ...content, format: 'mp4' }),
    'INVALID_ARGUMENT',
    /none for frames/,
  );
});
