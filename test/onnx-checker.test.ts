// ONNX's own checker reads the graphs that go to ONNX Runtime's providers: those of packs, and those rewritten for half precision.
// `KDTALKER_LONG=1` adds the published architecture in its full size.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPack } from 'kdtalker';
import t from 'tap';
import { synthesizePack } from '../dist/packs/kdtalker/synthesize.js';
import { halveGraph } from '../dist/packs/lowering/halve.js';
import { DATA_TYPE, EditableGraph, Graph, writeEdited } from '../dist/packs/onnx/index.js';
import { rolesOf } from '../dist/packs/pack.js';
import { fullPack } from './support/full-pack.js';
import { conv } from './support/layers.js';
import { checkedByOnnx, NEEDS_CHECKER } from './support/onnx-checker.js';
import { smallPack } from './support/small-pack.js';

const skip = NEEDS_CHECKER;

async function packs(folder: string): Promise<string[]> {
  const found = ['puppet', smallPack(join(folder, 'small')), await fullPack(join(folder, 'full'))];
  if (process.env.KDTALKER_LONG !== '1') return found;
  await synthesizePack({ salt: 'golden', directory: join(folder, 'published') });
  return [...found, join(folder, 'published')];
}

/** The files of a pack's networks, and of those that are rewritten for half precision. */
async function networksOf(name: string, folder: string): Promise<string[]> {
  const pack = await readPack(name);
  const out = join(folder, `halved-${pack.manifest.name}`);
  mkdirSync(out);
  const files: string[] = [];
  for (const [role] of rolesOf(pack.manifest)) {
    files.push(pack.file(role));
    const graph = await EditableGraph.open(pack.file(role));
    if (halveGraph(graph) === 0) continue;
    await writeEdited(graph, out, `${role}.onnx`);
    files.push(join(out, `${role}.onnx`));
  }
  return files;
}

t.test('every network of every pack, and its rewriting for half precision', { skip }, async (t) => {
  const folder = t.testdir({});
  const files: string[] = [];
  for (const name of await packs(folder)) files.push(...(await networksOf(name, folder)));
  const rewritten = files.filter((file) => file.includes('halved-'));
  t.ok(rewritten.length >= 6, `${rewritten.length} networks have convolutions`);
  for (const [i, error] of (await checkedByOnnx(files)).entries()) t.equal(error, '', files[i]!);
});

t.test(
  'a wrong rewriting is found: weights of another type, and an output that says another',
  { skip },
  async (t) => {
    const folder = t.testdir({});
    const g = new Graph('wrong');
    const x = g.input('x', 'float32', [1, 4, 8, 8]);
    g.output('y', conv(g, x, [4, 4, 3, 3], 'a').relu(), 'float32', [1, 4, 8, 8]);
    const halved = () => {
      const graph = EditableGraph.parse(g.toBytes());
      halveGraph(graph);
      return graph;
    };
    const [mixed, said] = [halved(), halved()];
    const [name, weights] = [...mixed.constants][0]!;
    mixed.constants.set(name, {
      ...weights,
      dataType: DATA_TYPE.float32,
      read: async () => new Uint8Array(2 * weights.bytes),
    });
    said.outputs[0]!.type!.tensorType!.elemType = DATA_TYPE.float16;
    await writeEdited(mixed, folder, 'mixed.onnx');
    await writeEdited(said, folder, 'said.onnx');
    const errors = await checkedByOnnx(['mixed', 'said'].map((file) => join(folder, `${file}.onnx`)));
    t.match(errors, [/[Tt]ype/, /[Tt]ype/]);
  },
);
