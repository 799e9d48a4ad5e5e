import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { locateFfmpeg } from '../dist/media/index.js';
import { PORTRAIT, plainEnvironment, speechFile } from './support/cli.js';
import { decodeFrames, names } from './support/media.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FRAME_BYTES = (512 * 512 * 3) / 2;

function begin(name: string, args: readonly string[]) {
  const env = { ...plainEnvironment(), FFMPEG_PATH: locateFfmpeg().path };
  const child = spawn(process.execPath, [join(ROOT, 'examples', name), ...args], { cwd: ROOT, env });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (part: string) => {
      text[stream] += part;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }));
  return { child, ended };
}

t.test('programs that make a file', async (t) => {
  const folder = t.testdir();
  const speech = speechFile(folder, 0.6);
  const place = (name: string) => join(folder, name);
  for (const [name, ...outputs] of [
    ['quick-start.mjs', 'a.mp4'],
    ['progress.mjs', 'b.mp4'],
    ['own-encoder.mjs', 'c.mkv'],
    ['replay-motion.mjs', 'd.json', 'd.mp4'],
  ] as const) {
    const ended = await begin(name, [PORTRAIT, speech, ...outputs.map(place)]).ended;
    t.match(ended, { code: 0, stderr: '' }, `${name} ${ended.stderr}`);
    t.equal(decodeFrames(place(outputs.at(-1)!), 'yuv420p', FRAME_BYTES).length, 15, name);
  }
});

t.test('progress.mjs tells errors apart', async (t) => {
  const folder = t.testdir();
  const speech = speechFile(folder, 60);
  const late = await begin('progress.mjs', [PORTRAIT, speech, join(folder, 'a.mp4'), '1']).ended;
  t.match(late, { code: 1, stderr: /longer than 1 s/ });
  t.same(names(folder), ['speech.wav']);
});

t.test('barge-in.mjs says what was heard', async (t) => {
  const { code, stdout, stderr } = await begin('barge-in.mjs', [PORTRAIT, speechFile(t.testdir(), 1.2), '12'])
    .ended;
  t.match({ code, stderr }, { code: 0, stderr: '' });
  const [first, heard, second, whole, frames] = stdout.split('\n');
  t.equal(first, 'first answer begins');
  t.equal(heard, 'first answer: 0.48 s were heard, interrupted: true');
  t.equal(second, 'second answer begins');
  t.equal(whole, 'second answer: 1.20 s were heard, interrupted: false');
  // 12, 4 in which the mouth comes to rest, 30, and the silence after an utterance.
  t.match(frames, /^5\d frames/);
});

t.test('microphone.mjs has a frame every 40 ms, with the sound that came', async (t) => {
  const args = [PORTRAIT, speechFile(t.testdir(), 0.4), '40'];
  const { code, stdout, stderr } = await begin('microphone.mjs', args).ended;
  t.match({ code, stderr }, { code: 0, stderr: '' });
  const [delay, frames] = stdout.split('\n');
  t.equal(delay, 'a word is seen and heard 480 ms after it was spoken');
  t.match(frames, /^40 frames, [1-9]\d? of them with sound/);
});

t.test('text-to-speech.mjs speaks two sentences whole', async (t) => {
  const { code, stdout, stderr } = await begin('text-to-speech.mjs', [PORTRAIT, speechFile(t.testdir(), 0.8)])
    .ended;
  t.match({ code, stderr }, { code: 0, stderr: '' });
  const [first, second, frames] = stdout.split('\n');
  t.equal(first, 'first sentence: 0.40 s');
  t.equal(second, 'second sentence: 0.40 s');
  const [, count, samples] = /^(\d+) frames with (\d+) samples$/.exec(frames!)!.map(Number);
  t.equal(samples, 960 * count!);
  t.ok(count! >= 20);
});

t.test('batch-folder.mjs makes what can be made, and says what cannot', async (t) => {
  const folder = t.testdir({ in: { 'b.wav': 'no sound', 'notes.txt': '' } });
  speechFile(join(folder, 'in'), 0.4, 'a.wav');
  speechFile(join(folder, 'in'), 0.2, 'c.wav');
  const ended = await begin('batch-folder.mjs', [PORTRAIT, join(folder, 'in'), join(folder, 'out')]).ended;
  t.match(ended, { code: 1, stderr: '', stdout: /b\.wav: SPEECH_UNREADABLE/ });
  t.same(names(join(folder, 'out')), ['a.mp4', 'c.mp4']);
  t.equal(decodeFrames(join(folder, 'out/a.mp4'), 'yuv420p', FRAME_BYTES).length, 10);
});

t.test('http-service.mjs streams, refuses, and outlives clients that leave', async (t) => {
  const folder = t.testdir();
  const service = begin('http-service.mjs', [PORTRAIT, '0']);
  t.teardown(() => service.child.kill());
  const [line] = (await once(service.child.stdout, 'data')) as [string];
  const url = /http:\S+/.exec(line)![0];
  const post = (body: Uint8Array, signal?: AbortSignal) =>
    fetch(url, { method: 'POST', body: new Uint8Array(body), ...(signal && { signal }) });

  const wrong = await post(Buffer.from('hello'));
  t.equal(wrong.status, 400);
  t.match(await wrong.json(), { code: 'SPEECH_UNREADABLE' });
  t.equal((await fetch(url)).status, 404);

  const leave = new AbortController();
  const long = await post(readFileSync(speechFile(folder, 60)), leave.signal);
  await long.body!.getReader().read();
  leave.abort();

  const whole = await post(readFileSync(speechFile(folder, 0.6)));
  t.equal(whole.headers.get('content-type'), 'video/mp4');
  const file = join(folder, 'talk.mp4');
  writeFileSync(file, Buffer.from(await whole.arrayBuffer()));
  t.equal(decodeFrames(file, 'yuv420p', FRAME_BYTES).length, 15);
  t.equal(service.child.exitCode, null, 'still there');
});
