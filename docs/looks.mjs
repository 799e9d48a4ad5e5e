// node docs/looks.mjs FOLDER PACK[,PACK...] PICTURE...: what packs do to the mouth and the eyes of pictures, one sheet each, to be looked at
// before lips and lids are changed. Needs `npm run build` and espeak-ng.
//
// A sheet has two rows for each pack. The first has the picture and the sounds m, a, u, s, f, where the network hears them most; the second
// the eyes: the picture, then lids that come down by quarters.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, parse } from 'node:path';
import sharp from 'sharp';
import { Motion, Talker } from '../dist/index.js';

const SPOKEN = 'mama, you who, see cheese, five fever';
/** The class of each column, of which its surest frame is shown. */
const SOUNDS = ['PP', 'aa', 'ou', 'SS', 'FF'];
const SHUT = [0.25, 0.5, 0.75, 1];
/** Where a tile lies in the crop, in shares of it, and its pixels. */
const MOUTH = { left: 0.25, top: 0.52, wide: 0.5, high: 0.42, width: 250, height: 210 };
const EYES = { left: 0.19, top: 0.3, wide: 0.62, high: 0.26, width: 300, height: 126 };
/** Offsets in a frame of motion: the expression, and how far the upper lids' keypoints come down. */
const EXPRESSION = 7;
const LIDS = [10, 11].map((keypoint) => EXPRESSION + 3 * keypoint + 1);
const LID_SHUT = 0.065;

const [folder, packs, ...pictures] = process.argv.slice(2);
if (pictures.length === 0) throw new Error('Expected FOLDER, PACK,PACK and pictures');

mkdirSync(folder, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'looks-'));
const talkers = await Promise.all(packs.split(',').map((pack) => Talker.load(pack, { device: 'cpu' })));
try {
  const speech = join(work, 'speech.wav');
  execFileSync('espeak-ng', ['-v', 'en-us+f4', '-s', '120', '-w', speech, SPOKEN]);
  const chosen = await surest(speech);
  for (const picture of pictures) await sheet(picture, speech, chosen);
} finally {
  for (const talker of talkers) await talker.close();
  rmSync(work, { recursive: true });
}

/** The frames of the sounds, as the built-in pack hears them. */
async function surest(speech) {
  const talker = await Talker.load('puppet', { device: 'cpu' });
  const heard = await talker.visemes(speech);
  await talker.close();
  const frames = Array.from({ length: heard.frames }, (_, i) => heard.frame(i));
  return SOUNDS.map((sound) => {
    const chances = frames.map((frame) => frame.chances[sound]);
    return chances.indexOf(Math.max(...chances));
  });
}

async function sheet(picture, speech, chosen) {
  const { width } = await sharp(picture)
    .autoOrient()
    .toBuffer({ resolveWithObject: true })
    .then(({ info }) => info);
  const rows = [];
  for (const talker of talkers) {
    const portrait = await talker.portrait(picture);
    const frames = await stills(talker, portrait, speech, chosen);
    const [rest, ...moved] = frames;
    const [sounds, blinks] = [moved.slice(0, SOUNDS.length), moved.slice(SOUNDS.length)];
    rows.push(
      await row([rest, ...sounds], portrait, width, MOUTH),
      await row([rest, ...blinks], portrait, width, EYES),
    );
    await portrait.close();
  }
  await stacked(rows)
    .png()
    .toFile(join(folder, `${parse(basename(picture)).name}.png`));
}

/** Whole pictures: at rest, the sounds, lids that come down. */
async function stills(talker, portrait, speech, chosen) {
  const clip = talker.animate(portrait, speech, { seed: 2, poseScale: 0, blink: 'off' });
  const spoken = await clip.motion();
  const rest = new Float32Array(70);
  rest[0] = 1;
  const blinks = SHUT.map((share) => rest.map((value, i) => (LIDS.includes(i) ? share * LID_SHUT : value)));
  const wanted = [rest, ...chosen.map((frame) => steady(spoken, frame)), ...blinks];
  const values = Float32Array.from(wanted.flatMap((frame) => [...frame]));
  const frames = [];
  const replay = talker.animate(portrait, new Motion(values), { frame: 'full', smoothing: 0 });
  for await (const { width, height, data } of replay.frames())
    frames.push({ width, height, data: data.slice() });
  return frames;
}

/** A frame whose head stands still and whose eyes are open. */
function steady({ values }, frame) {
  return values
    .slice(70 * frame, 70 * frame + 70)
    .map((value, i) => ((i > 0 && i < EXPRESSION) || LIDS.includes(i) ? 0 : value));
}

async function row(frames, { crop }, pictureWidth, tile) {
  const tiles = await Promise.all(frames.map((frame) => part(frame, crop, frame.width / pictureWidth, tile)));
  const parts = tiles.map((input, i) => ({ input, left: i * tile.width, top: 0 }));
  return { parts, width: frames.length * tile.width, height: tile.height };
}

/** A part of the crop, cut upright out of the whole picture. */
function part({ width, height, data }, { size, toPhoto: [a, b, x, c, d, y] }, scale, tile) {
  const at = (u, v) => [scale * (a * u + b * v + x), scale * (c * u + d * v + y)];
  const pixels = Buffer.alloc(3 * tile.width * tile.height);
  for (let j = 0; j < tile.height; j++) {
    for (let i = 0; i < tile.width; i++) {
      const u = size * (tile.left + (tile.wide * (i + 0.5)) / tile.width);
      const v = size * (tile.top + (tile.high * (j + 0.5)) / tile.height);
      mix(data, width, height, at(u, v), pixels, 3 * (j * tile.width + i));
    }
  }
  return sharp(pixels, { raw: { width: tile.width, height: tile.height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Bilinear. */
function mix(data, width, height, [x, y], out, to) {
  const [column, line] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, down] = [x - 0.5 - column, y - 0.5 - line];
  for (let channel = 0; channel < 3; channel++) {
    const level = (i, j) => {
      const [at, of] = [Math.min(Math.max(i, 0), width - 1), Math.min(Math.max(j, 0), height - 1)];
      return data[3 * (of * width + at) + channel];
    };
    const upper = level(column, line) * (1 - right) + level(column + 1, line) * right;
    const lower = level(column, line + 1) * (1 - right) + level(column + 1, line + 1) * right;
    out[to + channel] = Math.round(upper * (1 - down) + lower * down);
  }
}

function stacked(rows) {
  const height = rows.reduce((sum, { height: of }) => sum + of, 0);
  let top = 0;
  const parts = rows.flatMap(({ parts: of, height: high }) => {
    const placed = of.map((part) => ({ ...part, top }));
    top += high;
    return placed;
  });
  const width = Math.max(...rows.map(({ width: of }) => of));
  return sharp({ create: { width, height, channels: 3, background: 'white' } }).composite(parts);
}
