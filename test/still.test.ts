import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import t from 'tap';
import { decodeStill } from '../dist/media/index.js';
import { fails, ffmpeg, ffmpegs, names, processesWith, setEnvironment } from './support/media.js';

const WIDTH = 48;
const HEIGHT = 32;
/** A ramp of three colours. */
const PIXELS = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => (i * 5 + (i % 3) * 60) % 256);

/** Photoshop's own format: a header, three empty sections, then each channel's rows. */
function psd(): Buffer {
  const head = Buffer.alloc(26 + 12 + 2);
  head.write('8BPS\0\x01', 0, 'latin1');
  head.writeUInt16BE(3, 12);
  head.writeUInt32BE(HEIGHT, 14);
  head.writeUInt32BE(WIDTH, 18);
  head.writeUInt16BE(8, 22);
  head.writeUInt16BE(3, 24);
  const planes = [0, 1, 2].map((c) => PIXELS.filter((_, i) => i % 3 === c));
  return Buffer.concat([head, ...planes]);
}

function fixtures(folder: string): Record<'bmp' | 'jp2' | 'psd' | 'tga', string> {
  const files = { bmp: 'a.bmp', jp2: 'a.jp2', psd: 'a%d.psd', tga: '-a:b.tga' } as const;
  const paths = Object.fromEntries(
    Object.entries(files).map(([kind, name]) => [kind, join(folder, name)]),
  ) as Record<keyof typeof files, string>;
  const raw = join(folder, 'raw');
  writeFileSync(raw, PIXELS);
  writeFileSync(paths.psd, psd());
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-video_size', `${WIDTH}x${HEIGHT}`, '-i', raw];
  const to = (kind: 'bmp' | 'jp2' | 'tga', ...args: string[]) =>
    ffmpeg(...input, '-frames:v', '1', ...args, '-f', 'image2', '-update', '1', `file:${paths[kind]}`);
  to('bmp', '-c:v', 'bmp');
  to('tga', '-c:v', 'targa');
  to('jp2', '-c:v', 'jpeg2000', '-pred', 'dwt53', '-format', 'jp2');
  return paths;
}

for (const program of ffmpegs()) {
  t.test(`pictures that sharp does not read: ${program}`, async (t) => {
    const folder = t.testdir({ tmp: {} });
    const paths = fixtures(folder);
    setEnvironment(t, { FFMPEG_PATH: program, TMPDIR: join(folder, 'tmp') });
    for (const [kind, path] of Object.entries(paths) as ['bmp', string][]) {
      for (const input of [path, readFileSync(path)]) {
        const png = await decodeStill(input, kind, 'it');
        const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
        t.match(info, { width: WIDTH, height: HEIGHT, channels: 3 }, kind);
        t.ok(
          data.every((level, i) => Math.abs(level - PIXELS[i]!) <= (kind === ('jp2' as string) ? 2 : 0)),
          `${kind}: the same pixels`,
        );
      }
    }
    t.same(names(join(folder, 'tmp')), [], 'no temporary file is left');
  });

  t.test(`pictures that are none: ${program}`, async (t) => {
    const folder = t.testdir({ text: 'no picture at all', tmp: {} });
    const paths = fixtures(folder);
    setEnvironment(t, { FFMPEG_PATH: program, TMPDIR: join(folder, 'tmp') });
    for (const kind of ['bmp', 'jp2', 'psd', 'tga', 'heic'] as const)
      await fails(
        t,
        () => decodeStill(join(folder, 'text'), kind, "'text'"),
        'PICTURE_UNREADABLE',
        /'text', a [A-Z0-9]+ file that ffmpeg cannot decode\. Give a PNG or JPEG/,
      );
    const whole = readFileSync(paths.psd);
    await fails(t, () => decodeStill(whole.subarray(0, 60), 'psd', 'it'), 'PICTURE_UNREADABLE');
    whole.writeUInt32BE(20000, 14);
    whole.writeUInt32BE(20000, 18);
    await fails(t, () => decodeStill(whole, 'psd', 'it'), 'PICTURE_TOO_LARGE', /20000x20000/);
    await fails(t, () => decodeStill(whole, 'psd', 'it', AbortSignal.abort()), 'ABORTED');
    t.same(names(join(folder, 'tmp')), []);
    t.same(processesWith(folder), []);
  });
}
