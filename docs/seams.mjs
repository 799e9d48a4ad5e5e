// node docs/seams.mjs FOLDER: how far the puppet parts the lips from the dark line between them, in pixels of the crop. FOLDER holds the
// pictures that seams.json names (the last word of each name), from the packages that it names. Needs `npm run build`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Motion, Talker } from '../dist/index.js';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import { readSafetensors } from '../dist/packs/safetensors.js';

const CELLS = 256;
/** Depth of the gap, in crop units, at which it hides the picture. */
const EDGE = 0.006;

const marks = JSON.parse(readFileSync(new URL('seams.json', import.meta.url), 'utf8'));
const folder = process.argv[2];
if (folder === undefined) throw new Error('Expected the folder of the pictures');
const renderer = await InferenceSession.create(
  readFileSync(new URL('../dist/built-in/puppet/renderer.onnx', import.meta.url)),
);
const talker = await Talker.load('puppet', { device: 'cpu' });
const scratch = mkdtempSync(join(tmpdir(), 'seams-'));
try {
  const all = [];
  for (const [name, rows] of Object.entries(marks.rows)) {
    const off = await differences(join(folder, name.split(' ').at(-1)), rows);
    console.log(name, off.map((value) => value.toFixed(1)).join(' '));
    all.push(...off.map(Math.abs));
  }
  all.sort((a, b) => a - b);
  console.log(`median ${all[Math.floor(all.length / 2)].toFixed(1)} px, largest ${all.at(-1).toFixed(1)} px`);
} finally {
  await talker.close();
  rmSync(scratch, { recursive: true });
}

/** How far below the marked rows the lips part, pixels of 512. */
async function differences(picture, rows) {
  const portrait = await talker.portrait(picture);
  const saved = join(scratch, 'portrait');
  await portrait.save(saved);
  const canonical = readSafetensors(readFileSync(saved)).tensors.canonical.data;
  const crop = await restOf(portrait);
  const open = Float32Array.from(canonical, (value, i) => value + 0.05 * DIRECTIONS.jaw[7 + i]);
  const feeds = { f_s: new Tensor(crop, [1, 3, 512, 512]), x_s: points(Float32Array.from(canonical)), x_d: points(open) };
  const { field } = await renderer.run(feeds);
  return rows.map((row, i) => seamAt(field.data, marks.columns[i]) - row);
}

function points(values) {
  return new Tensor(values, [1, 21, 3]);
}

/** The crop as the renderer gets it, planar. */
async function restOf(portrait) {
  const rest = Float32Array.from({ length: 70 }, (_, i) => (i === 0 ? 1 : 0));
  for await (const { data } of talker.animate(portrait, new Motion(rest, 25), { frame: 'crop' }))
    return Float32Array.from({ length: data.length }, (_, i) => data[3 * (i % 262144) + Math.floor(i / 262144)] / 255);
}

/** The row of the picture at which the gap begins in a column. */
function seamAt(field, column) {
  const cell = Math.round((column - 0.5) / 2);
  const at = (channel, row) => field[(channel * CELLS + row) * CELLS + cell];
  for (let row = 160; row < CELLS; row++) {
    const hidden = 1 - at(2, row);
    if (hidden < 0.01) continue;
    const source = (2 * row + 1) / CELLS - 1 + at(1, row - 1);
    return (source - Math.min(hidden, 1) * EDGE + 1) * 256 - 0.5;
  }
  return Number.NaN;
}
