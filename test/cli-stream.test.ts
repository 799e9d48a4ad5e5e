import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { decodePng } from '../dist/media/index.js';
import { BIN, events, PORTRAIT, plainEnvironment, printed, run, start } from './support/cli.js';
import {
  decodeFrames,
  ffmpegs,
  heard,
  lagOf,
  names,
  processesWith,
  setEnvironment,
  wav,
} from './support/media.js';
import { pcm, spoken } from './support/streams.js';
import { loadBoth, SAMPLES_PER_FRAME } from './support/talker.js';

const FRAMES = 14;
const STREAM = ['stream', PORTRAIT];

/** Speech as 16-bit samples. */
const samples = (frames: number): Int16Array => new Int16Array(pcm(frames).slice().buffer);

/** A WAV file whose writer did not know its length: sizes of 0, or of all ones. */
function unknownLength(frames: number, size: number): Buffer {
  return wav({ channels: [samples(frames)], raw: true, dataSize: size, riffSize: size });
}

/** The command with pipes on all sides, whose input does not end by itself. */
function piped(args: readonly string[]): { child: ChildProcess; output: Buffer[]; errors: string[] } {
  const child = spawn(process.execPath, [BIN, ...args], { env: plainEnvironment() });
  const [output, errors]: [Buffer[], string[]] = [[], []];
  child.stdin.on('error', () => {});
  child.stdout.on('data', (piece: Buffer) => output.push(piece));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  return { child, output, errors };
}

t.test('speech through a pipe becomes a video, with every ffmpeg', async (t) => {
  const folder = t.testdir();
  const paths = ffmpegs();
  for (const [i, path] of paths.entries()) {
    setEnvironment(t, { FFMPEG_PATH: path });
    // MP4 by each, the others by one.
    for (const format of ['mp4', ...['webm', 'gif'].filter((_, turn) => turn % paths.length === i)]) {
      const size = format === 'mp4' ? 0 : 0xffffffff;
      const { child, output, errors } = piped([...STREAM, '-o', '-', '--format', format, '--json']);
      child.stdin!.end(unknownLength(FRAMES, size));
      t.same((await once(child, 'close'))[0], 0, errors.join(''));
      const file = join(folder, `${i}.${format}`);
      writeFileSync(file, Buffer.concat(output));
      t.equal(decodeFrames(file, 'rgb24', 512 * 512 * 3).length, FRAMES, `${path} ${format}`);
      const bytes = Buffer.concat(output).length;
      const result = events({ code: 0, signal: null, stdout: errors.join(''), stderr: '' }).at(-1);
      t.match(result, { event: 'result', format, frames: FRAMES, seconds: FRAMES / 25, bytes, file: '-' });
      if (format === 'gif') continue;
      const said = Float32Array.from(samples(FRAMES), (sample) => sample / 32768);
      const { lag, correlation } = lagOf(heard(file), said, 800);
      t.ok(correlation > 0.9 && Math.abs(lag) < 16 * 46, `${format}: ${lag} samples, ${correlation}`);
    }
  }
});

t.test('frames are those of a stream, from raw PCM, from WAV of any coding, from a file', async (t) => {
  const { talker } = await loadBoth(t);
  const portrait = await talker.portrait(PORTRAIT);
  const wanted = await spoken(talker.stream(portrait, { seed: 7 }), pcm(FRAMES));
  const floats = Float32Array.from(samples(FRAMES), (sample) => sample / 32768);
  const silence = new Float32Array(floats.length);
  const inputs: [string, Uint8Array, string[]][] = [
    ['raw', pcm(FRAMES), ['--sample-rate', '16000']],
    ['floats', new Uint8Array(floats.buffer), ['--sample-format', 'f32le']],
    ['24 bits', wav({ channels: [floats], coding: 's24' }), []],
    ['three channels', wav({ channels: [floats, floats, floats], coding: 'f32', extraChunks: true }), []],
  ];
  for (const [name, input, options] of inputs) {
    const cwd = t.testdir({ 'speech.wav': '' });
    const ended = await run([...STREAM, '--seed', '7', ...options, '-o', 'frames/'], { cwd, input });
    t.equal(ended.code, 0, ended.stderr);
    const frames = names(join(cwd, 'frames'));
    t.equal(frames.length, FRAMES, name);
    const picture = await decodePng(readFileSync(join(cwd, 'frames/00013.png')));
    t.ok(Buffer.from(picture.data).equals(Buffer.from(wanted.at(-1)!.data)), `${name}: the last frame`);
    if (name !== 'raw') continue;
    const again = await run([...STREAM, '-o', 'frames/', '--no-overwrite'], { cwd, input });
    t.match(again, { code: 1, stderr: /OUTPUT_UNWRITABLE.*00000\.png/ });
  }
  const cwd = t.testdir();
  writeFileSync(join(cwd, 'two.wav'), wav({ channels: [floats, silence], trailer: true }));
  const ended = await run([...STREAM, '--speech', 'two.wav', '-o', 'talk.mp4', '--json'], { cwd });
  t.match(events(ended).at(-1), { event: 'result', frames: FRAMES, file: 'talk.mp4' });
  t.same(names(cwd), ['talk.mp4', 'two.wav']);
});

t.test('a frame leaves when its sound is there, not when the speech ends', async (t) => {
  const { child, output } = piped([...STREAM, '-o', '-']);
  const moofs = () => Buffer.concat(output).toString('latin1').split('moof').length - 1;
  child.stdin!.write(unknownLength(26, 0));
  // A stream with hop 4 and ahead 2 has made 20 frames of these, and nothing more is said before most of them are seen.
  while (moofs() < 14) await once(child.stdout!, 'data');
  t.equal(child.exitCode, null);
  child.stdin!.end();
  t.same((await once(child, 'close'))[0], 0);
});

t.test('what cannot be spoken is told in one sentence, and leaves nothing', async (t) => {
  const cwd = t.testdir();
  const notFinite = new Uint8Array(
    Float32Array.of(...new Float32Array(9 * SAMPLES_PER_FRAME), Number.NaN).buffer,
  );
  const odd = wav({ channels: [samples(3)], raw: true, rate: 16_001 });
  const alaw = wav({ channels: [samples(3)], raw: true });
  alaw.writeUInt16LE(6, alaw.indexOf('fmt ') + 8);
  const cases: [string[], Uint8Array, number, RegExp][] = [
    [['-o', 'a.mp4'], new Uint8Array(), 1, /SPEECH_EMPTY: .*standard input, which is empty/],
    [['-o', 'a.mp4'], new Uint8Array(100), 1, /SPEECH_TOO_SHORT: .*50 samples/],
    [['-o', 'a.mp4'], Buffer.from('OggS and more of it'), 1, /SPEECH_UNREADABLE: .*packed.*ffmpeg -i/],
    [['-o', 'a.mp4'], alaw, 1, /SPEECH_UNREADABLE: .*coding that only ffmpeg reads/],
    [['-o', 'a.mp4'], Buffer.from('RIFF    WAVEdata    '), 1, /SPEECH_UNREADABLE: .*before their format/],
    [['-o', 'a.mp4', '--sample-format', 'f32le'], notFinite, 1, /SPEECH_NOT_FINITE: .*sample 5760/],
    [['-o', 'a.mp4'], odd, 2, /INVALID_ARGUMENT: .*multiple of 25.*16001/],
    [['-o', 'a.mp4', '--speech', 'none.wav'], new Uint8Array(), 1, /FILE_NOT_FOUND/],
    [['-o', 'a.xyz'], new Uint8Array(), 1, /OUTPUT_FORMAT/],
    [['-o', 'none/a.mp4'], pcm(9), 1, /OUTPUT_UNWRITABLE/],
    [[], new Uint8Array(), 2, /INVALID_ARGUMENT: Expected --out FILE/],
  ];
  for (const [args, input, code, message] of cases) {
    const ended = await run([...STREAM, ...args, '--quiet'], { cwd, input });
    t.match(ended, { code, stdout: '', stderr: message }, `${message} ${ended.stderr}`);
    t.equal(ended.stderr.trim().split('\n').length, 1, 'one sentence');
    t.same(names(cwd), []);
  }
  const twice = await run(['stream', '-', '-o', 'a.mp4'], { cwd, input: readFileSync(PORTRAIT) });
  t.match(twice, { code: 2, stderr: /a file beside --portrait - for --speech/ });
  const crf = '43'; // that no other test uses: it marks the encoder
  const closed = piped([...STREAM, '-o', '-', '--crf', crf]);
  closed.child.stdout!.once('data', () => closed.child.stdout!.destroy());
  closed.child.stdin!.write(Buffer.from(pcm(90)));
  t.same((await once(closed.child, 'close'))[0], 1);
  t.match(closed.errors.join(''), /OUTPUT_UNWRITABLE: .*its reader closed it/);
  t.same(processesWith(`-crf ${crf}`), []);
});

t.test('Ctrl-C leaves no file and no child, also where it waits for speech', async (t) => {
  const cwd = t.testdir();
  const out = join(cwd, 'talk.mp4');
  const running = start([...STREAM, '--speech', '/dev/stdin', '-o', out, '--json'], {
    cwd,
    input: new Uint8Array(),
  });
  t.match(await running.ended, { code: 1 }, 'an empty pipe by its name');
  const { child, output, errors } = piped([...STREAM, '-o', out, '--json']);
  child.stdin!.write(pcm(26));
  await printed({ child, ended: new Promise(() => {}) }, /"stage":"encode","done":(?!1,)/);
  child.kill('SIGINT');
  t.same(await once(child, 'close'), [130, null], errors.join(''));
  t.match(Buffer.concat(output).toString(), /Stopped by SIGINT/);
  t.same(names(cwd), []);
  t.same(processesWith(cwd), []);
});
