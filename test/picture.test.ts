import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import t, { type Test } from 'tap';
import { MAX_PIXELS, type RawPicture, readPicture } from '../dist/media/index.js';
import type { Picture } from '../dist/picture.js';
import { fails } from './support/media.js';

const COLOUR = { r: 200, g: 60, b: 40 };

function plain(): Sharp {
  return sharp({ create: { width: 64, height: 48, channels: 3, background: COLOUR } });
}

function transparent(alpha: number): Sharp {
  return sharp({ create: { width: 64, height: 48, channels: 4, background: { ...COLOUR, alpha } } });
}

function pixel(picture: Picture, x: number, y: number): number[] {
  const at = 3 * (y * picture.width + x);
  return [...picture.data.subarray(at, at + 3)];
}

/** All pixels are `colour` within `tolerance`. */
function isPlain(t: Test, picture: Picture, colour: number[], tolerance = 1): void {
  t.same([picture.width, picture.height], [64, 48]);
  t.equal(picture.data.length, 64 * 48 * 3);
  for (const [x, y] of [
    [0, 0],
    [63, 0],
    [31, 20],
    [63, 47],
  ] as const) {
    const off = pixel(picture, x, y).map((value, c) => Math.abs(value - colour[c]!));
    t.ok(Math.max(...off) <= tolerance, `(${x}, ${y}) is ${pixel(picture, x, y)}, expected ${colour}`);
  }
}

// A PNG whose header claims a size and whose pixels are rubbish: whatever says TOO_LARGE has not decoded it.
function pngThatClaims(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (id: string, body: Buffer) => {
    const named = Buffer.concat([Buffer.from(id, 'latin1'), body]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(body.length, 0);
    ends.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
  };
  const magic = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    magic,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync('rubbish')),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

t.test('depths, colour spaces and containers all become sRGB of 8 bits', async (t) => {
  isPlain(t, await readPicture(await plain().png().toBuffer()), [200, 60, 40], 0);
  isPlain(t, await readPicture(await plain().jpeg({ quality: 95 }).toBuffer()), [200, 60, 40], 2);
  isPlain(t, await readPicture(await plain().webp({ lossless: true }).toBuffer()), [200, 60, 40], 0);
  isPlain(t, await readPicture(await plain().avif({ quality: 90 }).toBuffer()), [200, 60, 40], 2);
  isPlain(t, await readPicture(await plain().tiff({ compression: 'lzw' }).toBuffer()), [200, 60, 40], 0);
  isPlain(t, await readPicture(await plain().png({ palette: true }).toBuffer()), [200, 60, 40], 1);
  isPlain(t, await readPicture(await plain().toColourspace('rgb16').png().toBuffer()), [200, 60, 40], 1);
  // CMYK has no exact answer; red must stay red.
  isPlain(t, await readPicture(await plain().toColourspace('cmyk').jpeg().toBuffer()), [200, 60, 40], 30);
});

t.test('grey becomes three equal channels', async (t) => {
  const eight = await readPicture(await plain().greyscale().png().toBuffer());
  const grey = pixel(eight, 5, 5)[0]!;
  isPlain(t, eight, [grey, grey, grey], 0);
  t.ok(grey > 90 && grey < 130, `${grey} is the luminance of the colour`);
  isPlain(
    t,
    await readPicture(await plain().toColourspace('grey16').png().toBuffer()),
    [grey, grey, grey],
    1,
  );
  const white = await readPicture(
    await sharp({ create: { width: 64, height: 48, channels: 3, background: '#fff' } })
      .greyscale()
      .png()
      .toBuffer(),
  );
  isPlain(t, white, [255, 255, 255], 0);
});

t.test('transparency is laid on white', async (t) => {
  isPlain(t, await readPicture(await transparent(0).png().toBuffer()), [255, 255, 255], 0);
  isPlain(t, await readPicture(await transparent(0.5).png().toBuffer()), [228, 158, 148], 1);
  isPlain(
    t,
    await readPicture(await transparent(0.5).toColourspace('rgb16').png().toBuffer()),
    [228, 158, 148],
    1,
  );
  isPlain(t, await readPicture(await transparent(1).webp({ lossless: true }).toBuffer()), [200, 60, 40], 1);
});

t.test('EXIF orientation is applied, all eight of them', async (t) => {
  // Red in the top left corner of the picture as it was taken, blue in the bottom right.
  const upright = await sharp(Buffer.alloc(64 * 48 * 3), { raw: { width: 64, height: 48, channels: 3 } })
    .composite([
      { input: { create: { width: 16, height: 16, channels: 3, background: '#f00' } }, top: 0, left: 0 },
      { input: { create: { width: 16, height: 16, channels: 3, background: '#00f' } }, top: 32, left: 48 },
    ])
    .png()
    .toBuffer();
  const red: Record<number, [number, number]> = {
    1: [0, 0],
    2: [1, 0],
    3: [1, 1],
    4: [0, 1],
    5: [0, 0],
    6: [1, 0],
    7: [1, 1],
    8: [0, 1],
  };
  for (const [orientation, [right, bottom]] of Object.entries(red)) {
    const file = await sharp(upright)
      .withMetadata({ orientation: Number(orientation) })
      .png()
      .toBuffer();
    const picture = await readPicture(file);
    const turned = Number(orientation) > 4;
    t.same([picture.width, picture.height], turned ? [48, 64] : [64, 48], `sides of ${orientation}`);
    const x = right ? picture.width - 4 : 3;
    const y = bottom ? picture.height - 4 : 3;
    t.same(pixel(picture, x, y), [255, 0, 0], `red corner of ${orientation}`);
    t.same(
      pixel(picture, picture.width - 1 - x, picture.height - 1 - y),
      [0, 0, 255],
      `blue corner of ${orientation}`,
    );
  }
});

t.test('an embedded profile is converted', async (t) => {
  // The numbers in the file are other ones than in sRGB: only a converting reader gets them back.
  const file = await plain().withIccProfile('p3').png().toBuffer();
  const stored = await sharp(file, { ignoreIcc: true } as object)
    .raw()
    .toBuffer();
  t.not(stored[0], 200);
  isPlain(t, await readPicture(file), [200, 60, 40], 1);
});

t.test('of an animation the first frame is taken', async (t) => {
  const frames = [await plain().png().toBuffer(), await plain().negate().png().toBuffer()];
  isPlain(
    t,
    await readPicture(
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
    ),
    [200, 60, 40],
    4,
  );
  isPlain(
    t,
    await readPicture(
      await sharp(frames, { join: { animated: true } })
        .webp({ lossless: true })
        .toBuffer(),
    ),
    [200, 60, 40],
    0,
  );
});

t.test('raw pixels', async (t) => {
  const raw = (channels: 1 | 3 | 4, values: number[]): RawPicture => {
    const data = new Uint8Array(64 * 48 * channels).map((_, i) => values[i % channels]!);
    return { data, width: 64, height: 48, channels };
  };
  isPlain(t, await readPicture(raw(1, [77])), [77, 77, 77], 0);
  isPlain(t, await readPicture(raw(3, [1, 2, 3])), [1, 2, 3], 0);
  isPlain(t, await readPicture(raw(4, [9, 9, 9, 0])), [255, 255, 255], 0);
  isPlain(
    t,
    await readPicture({ ...raw(3, [1, 2, 3]), data: new Uint8ClampedArray(64 * 48 * 3).fill(5) }),
    [5, 5, 5],
    0,
  );
  const mine = raw(3, [1, 2, 3]);
  const read = await readPicture(mine);
  mine.data.fill(0);
  isPlain(t, read, [1, 2, 3], 0);
});

t.test('raw pixels that are not what they say', async (t) => {
  const good: RawPicture = { data: new Uint8Array(64 * 48 * 3), width: 64, height: 48, channels: 3 };
  const bad = (change: object) => () => readPicture({ ...good, ...change } as RawPicture);
  await fails(t, bad({ width: 63 }), 'INVALID_ARGUMENT', /Expected 9072 bytes \(63x48x3\) for portrait.data/);
  await fails(t, bad({ channels: 2 }), 'INVALID_ARGUMENT', /1, 3 or 4/);
  await fails(t, bad({ width: 0 }), 'INVALID_ARGUMENT', /portrait.width/);
  await fails(t, bad({ height: 1.5 }), 'INVALID_ARGUMENT', /portrait.height/);
  await fails(t, bad({ data: [1, 2] }), 'INVALID_ARGUMENT', /Uint8Array/);
  await fails(
    t,
    () => readPicture(7 as never),
    'INVALID_ARGUMENT',
    /a path, bytes, a stream of bytes or raw pixels for portrait but received 7/,
  );
  await fails(t, () => readPicture(null as never), 'INVALID_ARGUMENT');
  await fails(
    t,
    () => readPicture({ data: new Uint8Array(3), width: 1, height: 1, channels: 3 }),
    'PICTURE_TOO_SMALL',
  );
});

t.test('files that are no pictures', async (t) => {
  const folder = t.testdir({ 'text.png': 'not a picture at all', 'empty.png': '' });
  const error = await fails(
    t,
    () => readPicture(join(folder, 'text.png')),
    'PICTURE_UNREADABLE',
    /text\.png.*Give a whole/,
  );
  t.match(String(error?.cause), /unsupported image format/);
  await fails(t, () => readPicture(join(folder, 'empty.png')), 'PICTURE_UNREADABLE', /is empty/);
  await fails(t, () => readPicture(Buffer.alloc(0)), 'PICTURE_UNREADABLE', /is empty/);
  await fails(
    t,
    () => readPicture(join(folder, 'absent.png')),
    'FILE_NOT_FOUND',
    /absent\.png', which does not exist/,
  );
  mkdirSync(join(folder, 'sub.png'));
  await fails(t, () => readPicture(join(folder, 'sub.png')), 'FILE_NOT_FOUND', /which is a directory/);
});

t.test('files cut short are errors in every format, never half a picture', async (t) => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const image = sharp({ create: { width: 256, height: 256, channels: 3, background: '#888', noise } });
  const folder = t.testdir();
  const files = {
    png: await image.clone().png().toBuffer(),
    jpeg: await image.clone().jpeg().toBuffer(),
    progressive: await image.clone().jpeg({ progressive: true }).toBuffer(),
    webp: await image.clone().webp().toBuffer(),
    gif: await image.clone().gif().toBuffer(),
    tiff: await image.clone().tiff().toBuffer(),
    avif: await image.clone().avif({ effort: 0 }).toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) {
    t.equal((await readPicture(bytes)).width, 256, `whole ${name}`);
    for (const part of [0.3, 0.6, 0.95]) {
      const path = join(folder, `${name}-${part}`);
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * part)));
      await fails(t, () => readPicture(path), 'PICTURE_UNREADABLE', /Give a whole/);
    }
  }
});

t.test('size limits', async (t) => {
  await fails(
    t,
    async () => readPicture(await plain().resize(1, 1).png().toBuffer()),
    'PICTURE_TOO_SMALL',
    /1x1/,
  );
  await fails(
    t,
    async () => readPicture(await plain().resize(400, 31).png().toBuffer()),
    'PICTURE_TOO_SMALL',
    /400x31/,
  );
  t.equal((await readPicture(await plain().resize(32, 32).png().toBuffer())).width, 32);
  await fails(
    t,
    () => readPicture(pngThatClaims(20000, 20000)),
    'PICTURE_TOO_LARGE',
    /20000x20000.*Scale it down/,
  );
  await fails(t, () => readPicture(pngThatClaims(MAX_PIXELS / 10000 + 1, 10000)), 'PICTURE_TOO_LARGE');
  await fails(t, () => readPicture(pngThatClaims(1000, 1000)), 'PICTURE_UNREADABLE');
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"><rect width="9" height="9"/></svg>';
  await fails(t, () => readPicture(Buffer.from(svg)), 'PICTURE_TOO_LARGE');
});

t.test('abort before and during reading', async (t) => {
  const file = await plain().resize(3000, 3000).png().toBuffer();
  await fails(t, () => readPicture(file, { signal: AbortSignal.abort('why') }), 'ABORTED');
  const controller = new AbortController();
  const reading = readPicture(file, { signal: controller.signal });
  controller.abort('reason');
  const error = await fails(t, () => reading, 'ABORTED');
  t.equal(error?.cause, 'reason');
});
