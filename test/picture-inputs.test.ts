import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import t from 'tap';
import {
  FrameSource,
  type PictureInput,
  ReusableSound,
  readPicture,
  type SoundInput,
} from '../dist/media/index.js';
import { speechFile } from './support/cli.js';
import { fails, ffmpeg, setEnvironment } from './support/media.js';

const [WIDTH, HEIGHT] = [48, 40];
const PIXELS = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 5 + (i % 3) * 60) % 256);

function png(): Promise<Buffer> {
  return sharp(PIXELS, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
}

t.test('everything that a file can come as', async (t) => {
  const bytes = await png();
  const file = join(t.testdir(), 'a picture.png');
  writeFileSync(file, bytes);
  const copy = new Uint8Array(bytes).buffer;
  const inputs: Record<string, PictureInput> = {
    path: file,
    URL: pathToFileURL(file),
    'file: string': pathToFileURL(file).href,
    Buffer: bytes,
    ArrayBuffer: copy,
    DataView: new DataView(copy),
    Uint8ClampedArray: new Uint8ClampedArray(copy),
    Blob: new Blob([copy]),
    'body of a Response': new Response(copy).body!,
    Readable: Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]),
  };
  for (const [name, input] of Object.entries(inputs))
    t.same(new Uint8Array((await readPicture(input)).data), PIXELS, name);
});

t.test('a named pipe', async (t) => {
  const folder = t.testdir({});
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  writeFileSync(join(folder, 'a.png'), await png());
  const reading = readPicture(pipe);
  spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', join(folder, 'a.png'), pipe]);
  t.same(new Uint8Array((await reading).data), PIXELS);
});

t.test('a pipe that nobody writes into can be given up', async (t) => {
  const pipe = join(t.testdir({}), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const controller = new AbortController();
  const reading = readPicture(pipe, { signal: controller.signal });
  controller.abort();
  await fails(t, () => reading, 'ABORTED');
});

t.test('what cannot be taken says what to do', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [
      'https://example.com/face.jpg',
      /the address 'https:\/\/example\.com\/face\.jpg'\. Fetch it .*arrayBuffer/,
    ],
    [new URL('http://example.com/face.jpg'), /the address 'http:.*Fetch it/],
    [new URL('data:image/png;base64,AAAA'), /a data: URL\. Give its bytes: Buffer\.from/],
    ['data:image/png;base64,AAAA', /a data: URL\. Give its bytes/],
    [new Response('x'), /an object of type Response\. Give its bytes: await response\.arrayBuffer\(\)/],
    [Promise.resolve(Buffer.alloc(3)), /an object of type Promise\. Await it first/],
    [7, /a path, bytes, a stream of bytes or raw pixels for portrait but received 7/],
    [{}, /received an object of type Object/],
  ];
  for (const [input, message] of wrong)
    await fails(t, () => readPicture(input as never), 'INVALID_ARGUMENT', message);
  const failing = Readable.from(
    (async function* () {
      yield Buffer.from('\x89PNG');
      throw new Error('the line is dead');
    })(),
  );
  await fails(t, () => readPicture(failing), 'PICTURE_UNREADABLE', /a stream, which failed/);
  await fails(t, () => readPicture(Readable.from(['text'])), 'INVALID_ARGUMENT', /a stream of bytes/);
});

/** Photoshop's own format: a header, three empty sections, then each channel's rows. */
function psd(): Buffer {
  const head = Buffer.alloc(26 + 12 + 2);
  head.write('8BPS\0\x01', 0, 'latin1');
  head.writeUInt16BE(3, 12);
  head.writeUInt32BE(HEIGHT, 14);
  head.writeUInt32BE(WIDTH, 18);
  head.writeUInt16BE(8, 22);
  head.writeUInt16BE(3, 24);
  return Buffer.concat([head, ...[0, 1, 2].map((c) => PIXELS.filter((_, i) => i % 3 === c))]);
}

t.test('formats that ffmpeg reads', async (t) => {
  const folder = t.testdir({});
  writeFileSync(join(folder, 'raw'), PIXELS);
  writeFileSync(join(folder, 'a.psd'), psd());
  const raw = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-video_size',
    `${WIDTH}x${HEIGHT}`,
    '-i',
    join(folder, 'raw'),
  ];
  for (const [name, ...codec] of [
    ['a.bmp', '-c:v', 'bmp'],
    ['a.tga', '-c:v', 'targa'],
    ['a.jp2', '-c:v', 'jpeg2000', '-pred', 'dwt53', '-format', 'jp2'],
    ['a.j2k', '-c:v', 'jpeg2000', '-pred', 'dwt53', '-format', 'j2k'],
  ] as [string, ...string[]][])
    ffmpeg(...raw, '-frames:v', '1', ...codec, '-f', 'image2', '-update', '1', join(folder, name));
  for (const name of ['a.bmp', 'a.tga', 'a.psd', 'a.jp2', 'a.j2k'])
    for (const input of [join(folder, name), readFileSync(join(folder, name))]) {
      const { data, width, height } = await readPicture(input);
      t.same([width, height], [WIDTH, HEIGHT], name);
      t.ok(
        data.every((level, i) => Math.abs(level - PIXELS[i]!) <= 3),
        name,
      );
    }
  setEnvironment(t, { FFMPEG_PATH: undefined, PATH: folder });
});

t.test('without ffmpeg they are named', async (t) => {
  const folder = t.testdir({ 'a.psd': psd() });
  setEnvironment(t, { FFMPEG_PATH: join(folder, 'absent') });
  await fails(
    t,
    () => readPicture(join(folder, 'a.psd')),
    'FFMPEG_NOT_FOUND',
    /Expected ffmpeg, which reads PSD files, for portrait .*a\.psd.*or give a PNG or JPEG file/,
  );
});

t.test('what is no picture is named', async (t) => {
  const files: [Buffer, RegExp][] = [
    [Buffer.from('%PDF-1.7 and so on, and so on'), /which is a PDF/],
    [Buffer.from('\0\0\0\x0cJXL \r\n\x87\n and so on', 'latin1'), /which is a JPEG XL file/],
    [
      Buffer.from('\0\0\0\x20ftypisom\0\0\0\0 and so on', 'latin1'),
      /which is a video \(talker\.sourceVideo\(\)/,
    ],
    [Buffer.from('<!DOCTYPE html><title>404</title>'), /which is a web page/],
    [Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /a HEIC file/],
  ];
  for (const [bytes, message] of files)
    await fails(t, () => readPicture(bytes), 'PICTURE_UNREADABLE', message);
});

t.test('speech and videos take the same', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'speech.wav');
  speechFile(folder, 1);
  const bytes = new Uint8Array(readFileSync(file)).buffer;
  const samples = async (input: SoundInput) => {
    const sound = new ReusableSound(input);
    t.teardown(() => sound.close());
    const opened = await sound.open();
    t.teardown(() => opened.close());
    return opened.samples;
  };
  const wanted = await samples(file);
  t.ok(wanted! > 0);
  for (const input of [pathToFileURL(file), bytes, new DataView(bytes), new Blob([bytes])])
    t.equal(await samples(input), wanted);
  const wrong: [unknown, RegExp][] = [
    [
      'http://example.com/a.wav',
      /a path, bytes, a stream or PCM for speech but received the address .*Fetch it/,
    ],
    [new Response(bytes), /of type Response\. Give its bytes/],
    [new Float32Array(9), /for speech\.samples/],
  ];
  for (const [input, message] of wrong)
    await fails(t, () => samples(input as never), 'INVALID_ARGUMENT', message);
  const open = (input: unknown) => FrameSource.open(input as never, { fps: 25, signal: undefined });
  await fails(
    t,
    () => open(new URL('https://example.com/a.mp4')),
    'INVALID_ARGUMENT',
    /for video .*Fetch it/,
  );
  await fails(t, () => open(new Blob([])), 'VIDEO_UNREADABLE', /is empty/);
});
