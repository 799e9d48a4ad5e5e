import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { ReusableSound, type SoundInput } from '../dist/media/index.js';
import { collect, fails, ffmpeg, names, setEnvironment, sine, wav } from './support/media.js';

// A folder of this file's own: other test files make temporary folders at the same time.
setEnvironment(t, { TMPDIR: t.testdir() });

const temporaryFiles = () => names(tmpdir());

async function read(input: ReusableSound): Promise<Float32Array> {
  const sound = await input.open();
  const samples = await collect(sound.chunks());
  await sound.close();
  return samples;
}

async function* pieces(bytes: Uint8Array, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A named pipe into which a process writes a file once it has a reader. */
function pipeOf(folder: string, file: string): string {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  spawn('sh', ['-c', `cat '${file}' > '${pipe}'`], { stdio: 'ignore' });
  return pipe;
}

t.test('streams and pipes are read once and opened as often as wanted', async (t) => {
  // As a speech synthesis writes it to a pipe: sizes that nobody knew.
  const bytes = wav({ channels: [sine(2.5)], dataSize: 0xffffffff, riffSize: 0xffffffff });
  const folder = t.testdir({ 'voice.wav': bytes });
  const file = join(folder, 'voice.wav');
  const expected = await read(new ReusableSound(file));
  t.equal(expected.length, 40000);
  ffmpeg('-i', file, join(folder, 'voice.flac'));
  const inputs: Record<string, SoundInput> = {
    'a stream': createReadStream(file),
    'an iterator': pieces(bytes),
    'a web stream': Readable.toWeb(createReadStream(file)) as unknown as AsyncIterable<Uint8Array>,
    'a compressed stream': createReadStream(join(folder, 'voice.flac')),
    'a named pipe': pipeOf(folder, file),
  };
  const before = temporaryFiles();
  for (const [name, input] of Object.entries(inputs)) {
    const sound = new ReusableSound(input);
    t.same(temporaryFiles(), before, `${name}: nothing is read before it is asked for`);
    for (let pass = 0; pass < 2; pass++) t.same(await read(sound), expected, `${name}: pass ${pass}`);
    t.equal(temporaryFiles().length, before.length + 1, `${name}: it is kept`);
    await sound.close();
    await sound.close();
    t.same(temporaryFiles(), before, `${name}: and gone after close()`);
  }
});

t.test('two passes at once share one reading', async (t) => {
  const bytes = wav({ channels: [sine(1)] });
  const web = Readable.toWeb(Readable.from([bytes])) as unknown as AsyncIterable<Uint8Array>;
  for (const input of [pieces(bytes), web]) {
    const sound = new ReusableSound(input);
    const both = await Promise.all([read(sound), read(sound)]);
    t.same(both[0], both[1]);
    await sound.close();
  }
});

t.test('streams that fail, are empty, were read or give no bytes', async (t) => {
  const bytes = wav({ channels: [sine(1)] });
  async function* broken() {
    yield bytes.subarray(0, 5000);
    throw new Error('the line was cut');
  }
  const read5 = createReadStream(join(t.testdir({ 'voice.wav': bytes }), 'voice.wav'));
  for await (const _ of read5) break;
  const locked = Readable.toWeb(Readable.from([bytes]));
  locked.getReader();
  const cases: [SoundInput, string, RegExp][] = [
    [broken(), 'SPEECH_UNREADABLE', /a stream, which failed: the line was cut/],
    [Readable.from([]), 'SPEECH_EMPTY', /a stream, which is empty/],
    [Readable.from([Buffer.from('no sound')]), 'SPEECH_UNREADABLE', /a stream, which ffmpeg cannot decode/],
    [Readable.from(['text']), 'INVALID_ARGUMENT', /a stream of bytes for speech/],
    [read5, 'INVALID_ARGUMENT', /nothing has read from/],
    [locked as unknown as AsyncIterable<Uint8Array>, 'INVALID_ARGUMENT', /nothing has read from/],
  ];
  const before = temporaryFiles();
  for (const [input, code, message] of cases) {
    const sound = new ReusableSound(input);
    await fails(t, () => read(sound), code, message);
    await sound.close();
    t.same(temporaryFiles(), before, 'nothing is left');
  }
});

t.test('an abort while a stream is waited for ends it', async (t) => {
  const folder = t.testdir();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const stream = new Readable({ read() {} });
  stream.push(wav({ channels: [sine(1)] }).subarray(0, 100));
  for (const input of [stream, join(folder, 'pipe')]) {
    const controller = new AbortController();
    const sound = new ReusableSound(input);
    const opening = fails(t, () => sound.open({ signal: controller.signal }), 'ABORTED');
    setImmediate(() => controller.abort());
    await opening;
    await sound.close();
    t.same(temporaryFiles(), []);
  }
  t.ok(stream.destroyed);
});

t.test('what is dropped without close() is removed when the process ends', async (t) => {
  const folder = t.testdir({ tmp: {} });
  writeFileSync(join(folder, 'voice.wav'), wav({ channels: [sine(1)] }));
  const media = new URL('../dist/media/index.js', import.meta.url).href;
  const program = `
    import { createReadStream, readdirSync } from 'node:fs';
    import { ReusableSound } from '${media}';
    const sound = new ReusableSound(createReadStream('${folder}/voice.wav'));
    await (await sound.open()).close();
    console.log(readdirSync('${folder}/tmp').length);`;
  const env = { ...process.env, NODE_OPTIONS: '', TMPDIR: join(folder, 'tmp') };
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { env });
  t.equal(String(said).trim(), '1');
  t.same(names(join(folder, 'tmp')), []);
});
