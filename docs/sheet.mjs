// node docs/sheet.mjs OUT.jpg PICTURE...: the lips of portraits beside what is said. Needs `npm run build` and espeak-ng.
//
// docs/puppet-sounds.jpg was made of examples/portrait.png, of Grace Hopper's portrait (public domain, US Navy; matplotlib's sample data)
// and of "Young Woman in Mauve" by Berthe Morisot (public domain; WordPress's theme Twenty Twenty-One):
//
//   node docs/sheet.mjs docs/puppet-sounds.jpg examples/portrait.png grace_hopper.jpg young-woman-in-mauve.jpg
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Talker } from '../dist/index.js';

const PHRASES = ['mama papa baba', 'see cheese', 'you who', 'five fever'];
const COLUMNS = 11;
/** Pixels of a frame in the sheet, and of the line of text below. */
const SIDE = 104;
const TEXT = 16;

const [out, ...pictures] = process.argv.slice(2);
if (pictures.length === 0) throw new Error('Expected OUT.jpg and pictures');

const folder = mkdtempSync(join(tmpdir(), 'sheet-'));
const talker = await Talker.load('puppet', { device: 'cpu' });
try {
  const portraits = await Promise.all(pictures.map((picture) => talker.portrait(picture)));
  const rows = [];
  for (const [i, phrase] of PHRASES.entries()) rows.push(...(await phraseRows(phrase, join(folder, `${i}.wav`), portraits)));
  await sheet(rows).jpeg({ quality: 82, mozjpeg: true }).toFile(out);
} finally {
  await talker.close();
  rmSync(folder, { recursive: true });
}

/** A row of stills for each portrait, and one of text: what the network hears. */
async function phraseRows(phrase, speech, portraits) {
  execFileSync('espeak-ng', ['-v', 'en-us+f4', '-s', '120', '-w', speech, phrase]);
  const heard = await talker.visemes(speech);
  const spoken = Array.from({ length: heard.frames }, (_, i) => i).filter((i) => heard.frame(i).viseme !== 'sil');
  const [first, last] = [Math.max(0, spoken[0] - 1), spoken.at(-1) + 1];
  const chosen = Array.from({ length: COLUMNS }, (_, i) => Math.round(first + ((last - first) * i) / (COLUMNS - 1)));
  const stills = [];
  for (const portrait of portraits) stills.push(await lipsOf(portrait, speech, chosen));
  const words = chosen.map((frame, i) => (i === 0 ? phrase : heard.frame(Math.min(frame, heard.frames - 1)).viseme));
  return [...stills, await Promise.all(words.map(label))];
}

/** The lower faces of chosen frames; the head stands still, so that only the lips are seen to move. */
async function lipsOf(portrait, speech, chosen) {
  const clip = talker.animate(portrait, speech, { seed: 2, frame: 'crop', poseScale: 0, blink: 'off' });
  const stills = [];
  let most;
  for await (const { index, width, height, data } of clip) {
    most = { width, height, data };
    if (chosen.includes(index)) stills.push(await lowerFace(most));
  }
  while (stills.length < chosen.length) stills.push(await lowerFace(most));
  return stills;
}

function lowerFace({ width, height, data }) {
  const side = Math.round(0.42 * width);
  const place = { left: Math.round((width - side) / 2), top: Math.round(0.53 * height), width: side, height: side };
  return sharp(data, { raw: { width, height, channels: 3 } }).extract(place).resize(SIDE, SIDE).png().toBuffer();
}

function label(word) {
  const text = `<text x="${SIDE / 2}" y="12" font-family="sans-serif" font-size="12" text-anchor="middle">${word}</text>`;
  return sharp(Buffer.from(`<svg width="${SIDE}" height="${TEXT}">${text}</svg>`)).png().toBuffer();
}

function sheet(rows) {
  const group = pictures.length + 1;
  const top = (row) => Math.floor(row / group) * (pictures.length * SIDE + TEXT + 6) + (row % group) * SIDE;
  const parts = rows.flatMap((row, i) => row.map((input, column) => ({ input, left: column * SIDE, top: top(i) })));
  const height = top(rows.length - 1) + TEXT + 6;
  return sharp({ create: { width: COLUMNS * SIDE, height, channels: 3, background: 'white' } }).composite(parts);
}
