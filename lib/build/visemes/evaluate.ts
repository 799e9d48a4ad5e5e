/**
 * `npm run evaluate:visemes -- FOLDER`: how well the committed network, and the whole built-in pack, follow labelled speech. FOLDER holds
 * pairs NAME.wav and NAME.json, `{ "segments": [[start, end, shape], ...] }` in seconds; the shapes are those of labels.ts. Without a FOLDER
 * the clip of the tests.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Talker } from '../../talker/talker.js';
import { evaluate, type Labelled, type VisemeFigures } from './evaluation.js';
import type { Segment } from './labels.js';

const OWN = fileURLToPath(new URL('../../../test/golden', import.meta.url));

async function labelled(folder: string): Promise<Labelled[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort();
  return Promise.all(
    names.map(async (name) => {
      const json = JSON.parse(await readFile(join(folder, name.replace(/wav$/, 'json')), 'utf8'));
      return { speech: join(folder, name), segments: json.segments as Segment[] };
    }),
  );
}

const talker = await Talker.load('puppet');
try {
  const found: VisemeFigures = await evaluate(talker, await labelled(process.argv[2] ?? OWN));
  console.log(JSON.stringify(found, rounded, 2));
} finally {
  await talker.close();
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
