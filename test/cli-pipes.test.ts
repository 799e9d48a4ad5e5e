import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PORTRAIT, run, speechFile } from './support/cli.js';

/** A folder with a speech of 0.4 s, and the same as speech synthesis writes it to a pipe: sizes that nobody knew. */
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
  const replayed = await make('file2.mp4', [...replay, 'speech.wav']);
  t.ok(replayed.equals(await make('stdin2.mp4', [...replay, '-'], unknown)), 'only as the sound of a motion');
  const trace = ['trace', '--portrait', PORTRAIT, '--speech'];
  const traced = await make('a.safetensors', [...trace, 'speech.wav']);
  t.ok(traced.equals(await make('b.safetensors', [...trace, '-'], unknown)), 'trace');
  feed();
  t.ok(traced.equals(await make('c.safetensors', [...trace, 'pipe'])), 'trace of a named pipe');
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
