import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, FramesOptions, Portrait, Talker } from 'kdtalker';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { bytesOfFrame } from '../dist/media/index.js';
import { fails, ffmpeg } from './support/media.js';
import { loadTalker, speech } from './support/talker.js';

const [WIDTH, HEIGHT] = [96, 80];
const PIXELS = WIDTH * HEIGHT;

/** A red disc, opaque within, transparent outside, where the file hides green; its edge is soft. */
function disc(): { data: Uint8Array; width: number; height: number; channels: 4 } {
  const data = new Uint8Array(4 * PIXELS);
  for (let i = 0; i < PIXELS; i++) {
    const distance = Math.hypot((i % WIDTH) - WIDTH / 2, Math.floor(i / WIDTH) - HEIGHT / 2);
    const alpha = Math.min(Math.max(Math.round((30 - distance) * 64), 0), 255);
    data.set(alpha > 0 ? [200, 60, 40, alpha] : [0, 255, 0, 0], 4 * i);
  }
  return { data, width: WIDTH, height: HEIGHT, channels: 4 };
}

const ALPHA = disc().data.filter((_, i) => i % 4 === 3);

async function open(
  t: Test,
  options: object,
): Promise<{ talker: Talker; portrait: Portrait; first(options: FramesOptions): Promise<Frame> }> {
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(disc(), { crop: 'none', ...options });
  const first = async (format: FramesOptions) => {
    for await (const frame of talker.animate(portrait, speech(1), { frame: 'full' }).frames(format))
      return frame;
    throw new Error('no frame');
  };
  return { talker, portrait, first };
}

const pixel = ({ data, width }: Frame, x: number, y: number, channels: number) => [
  ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
];

t.test('a colour behind it, white unless said otherwise', async (t) => {
  for (const [background, wanted] of [
    [undefined, [255, 255, 255]],
    ['#102030', [16, 32, 48]],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  ] as const) {
    const { portrait, first } = await open(t, { background });
    t.equal(portrait.transparent, false);
    t.same(pixel(await first({}), 0, 0, 3), wanted);
    t.same(pixel(await first({ format: 'rgba' }), 0, 0, 4), [...wanted, 255], 'opaque as RGBA');
  }
});

t.test('transparent: frames have the opacity of the picture', async (t) => {
  const { portrait, first } = await open(t, { background: 'transparent' });
  t.equal(portrait.transparent, true);
  const rgba = await first({ format: 'rgba' });
  t.same(
    rgba.data.filter((_, i) => i % 4 === 3),
    ALPHA,
  );
  const yuva = await first({ format: 'yuva420p' });
  t.equal(yuva.data.length, bytesOfFrame('yuva420p', WIDTH, HEIGHT));
  t.same(yuva.data.subarray(-PIXELS), ALPHA);
  const edge = rgba.data.findIndex((alpha, i) => i % 4 === 3 && alpha > 30 && alpha < 130) - 3;
  t.ok(
    rgba.data[edge]! > 190 && rgba.data[edge + 1]! < 80,
    'colours at the edge are the disc’s, neither white’s nor green’s',
  );
});

t.test('what has no opacity is laid on white', async (t) => {
  const { first } = await open(t, { background: 'transparent' });
  const rgba = await first({ format: 'rgba' });
  const rgb = await first({ format: 'rgb24' });
  t.same(pixel(rgb, 0, 0, 3), [255, 255, 255]);
  const wrong = rgb.data.filter((level, i) => {
    const at = 4 * Math.floor(i / 3);
    const share = rgba.data[at + 3]! / 255;
    return Math.abs(level - (rgba.data[at + (i % 3)]! * share + 255 * (1 - share))) > 0.51;
  });
  t.equal(wrong.length, 0);
  const yuv = await first({ format: 'yuv420p' });
  t.equal(yuv.data.length, bytesOfFrame('yuv420p', WIDTH, HEIGHT));
  t.same([yuv.data[0], yuv.data[PIXELS], yuv.data.at(-1)], [235, 128, 128], 'limited range’s white');
});

t.test('crops have the opacity of their part', async (t) => {
  const { talker, portrait } = await open(t, { background: 'transparent', keepPhoto: false });
  for await (const frame of talker.animate(portrait, speech(1)).frames({ format: 'rgba' })) {
    t.equal(pixel(frame, 0, 0, 4)[3], 0);
    t.equal(pixel(frame, frame.width / 2, frame.height / 2, 4)[3], 255);
    break;
  }
});

t.test('PNG and WebM keep it, MP4 does not', async (t) => {
  const folder = t.testdir({});
  const { talker, portrait } = await open(t, { background: 'transparent' });
  const clip = talker.animate(portrait, speech(3), { frame: 'full' });
  await clip.save(join(folder, 'frames/'));
  const [name] = readdirSync(join(folder, 'frames'));
  const png = sharp(join(folder, 'frames', name!));
  t.equal((await png.metadata()).channels, 4);
  t.same(new Uint8Array(await png.extractChannel(3).raw().toBuffer()), ALPHA);
  await clip.save(join(folder, 'a.webm'));
  const planes = ffmpeg(
    '-c:v',
    'libvpx-vp9',
    '-i',
    join(folder, 'a.webm'),
    '-frames:v',
    '1',
    '-pix_fmt',
    'yuva420p',
    '-f',
    'rawvideo',
    'pipe:1',
  );
  t.equal(planes.length, bytesOfFrame('yuva420p', WIDTH, HEIGHT));
  const alpha = planes.subarray(-PIXELS);
  t.ok(
    alpha.every((value, i) => Math.abs(value - ALPHA[i]!) < 40),
    'WebM has the plane, as its codec has it',
  );
  await clip.save(join(folder, 'a.mp4'));
  const [luma] = ffmpeg(
    '-i',
    join(folder, 'a.mp4'),
    '-frames:v',
    '1',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'rawvideo',
    'pipe:1',
  );
  t.ok(luma! > 230, 'white');
});

t.test('saved and loaded', async (t) => {
  const { talker, portrait, first } = await open(t, { background: 'transparent' });
  const wanted = await first({ format: 'rgba' });
  for (const [name, source] of [
    ['whole', portrait],
    ['crop', await talker.portrait(disc(), { crop: 'none', background: 'transparent', keepPhoto: false })],
  ] as const) {
    const file = join(t.testdir({}), name);
    await source.save(file);
    const loaded = await talker.loadPortrait(file);
    t.equal(loaded.transparent, true);
    const frame = name === 'whole' ? 'full' : 'crop';
    const from = async (one: Portrait) => {
      for await (const made of talker.animate(one, speech(1), { frame }).frames({ format: 'rgba' }))
        return made;
      throw new Error('no frame');
    };
    t.same((await from(loaded)).data, name === 'whole' ? wanted.data : (await from(source)).data, name);
  }
});

t.test('an opaque picture is opaque whatever was asked', async (t) => {
  const talker = await loadTalker(t);
  const data = new Uint8Array(4 * PIXELS).fill(255);
  const options = { crop: 'none', background: 'transparent' } as const;
  const portrait = await talker.portrait({ data, width: WIDTH, height: HEIGHT, channels: 4 }, options);
  t.equal(portrait.transparent, false);
});

t.test('background is checked', async (t) => {
  const talker = await loadTalker(t);
  for (const background of ['red', '#12345', '#gggggg', [1, 2], [1, 2, 256], [1, 2, 0.5], 7])
    await fails(
      t,
      () => talker.portrait(disc(), { background: background as never }),
      'INVALID_ARGUMENT',
      /a colour as '#rrggbb' or \[red, green, blue\] of 0 to 255, or 'transparent' for background/,
    );
});
