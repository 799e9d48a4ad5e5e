import { join } from 'node:path';
import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import { EditableGraph, Graph, writeEdited } from '../dist/packs/onnx/index.js';
import { decodeModel, encodeModel, type ModelMessage } from '../dist/packs/onnx/proto.js';
import { integersOf } from '../dist/packs/onnx/stored.js';
import { filled } from './support/graphs.js';
import { conv } from './support/layers.js';
import { lowerBuilt, sameAsPlain } from './support/lowered.js';

/** What exporters write for a Slice that goes to the end. */
const OPEN = 2n ** 63n - 1n;
const LOWEST = -(2n ** 63n);
const ODD = 2n ** 53n + 1n;

const model = (graph: Graph, change: (model: ModelMessage) => void = () => {}) => {
  const message = decodeModel(graph.toBytes());
  change(message);
  return encodeModel(message);
};

/** x[:, 1:]; its bounds are integer constants. */
function open(): Graph {
  const g = new Graph('open');
  const x = g.input('x', 'float32', [1, 6]);
  const cut = g.op('Slice', [x, g.ints([1]), g.ints([OPEN]), g.ints([1])]);
  g.output('y', cut, 'float32', [1, 5]);
  return g;
}

t.test('whole numbers of attributes and constants are read and written as they are', async (t) => {
  const g = new Graph('integers');
  const x = g.input('x', 'int64', [1]);
  g.output(
    'y',
    g.op('Nothing', [x], { one: ODD, list: [OPEN, LOWEST, ODD, -ODD, 0n, -1n], small: 3 }),
    'int64',
    [1],
  );
  const bytes = g.toBytes();
  const again = decodeModel(bytes);
  const { attribute } = again.graph.node[0]!;
  t.same(
    attribute.map(({ name, i, ints }) => [name, i ?? ints]),
    [
      ['list', [OPEN, LOWEST, ODD, -ODD, 0n, -1n]],
      ['one', ODD],
      ['small', 3n],
    ],
  );
  t.same(Buffer.from(encodeModel(again)), Buffer.from(bytes));
});

t.test('a list of int64 in the place of bytes', async (t) => {
  const numbers = [OPEN, LOWEST, ODD, -1n];
  const bytes = model(open(), ({ graph }) => {
    graph.initializer.push({ name: 'listed', dims: [4], dataType: 7, int64Data: numbers });
  });
  const stored = EditableGraph.parse(bytes).constants.get('listed')!;
  t.same([...new BigInt64Array((await stored.read()).slice().buffer)], numbers);
  const largest = Number.MAX_SAFE_INTEGER;
  t.same(integersOf(stored), [largest, -largest, largest, -1], 'as lengths they stay beyond every length');
});

t.test('a length that no tensor has is refused', async (t) => {
  const bytes = encodeModel({
    ...decodeModel(open().toBytes()),
    opsetImport: [{ domain: '', version: ODD as unknown as number }],
  });
  t.throws(() => decodeModel(bytes), /below 2\^53 for version but received 9007199254740993/);
  t.throws(
    () =>
      encodeModel(
        decodeModel(
          model(open(), ({ graph }) => {
            graph.node[0]!.attribute.push({ name: 'wide', type: 2, i: 2n ** 63n });
          }),
        ),
      ),
    /64 bits/,
  );
});

t.test('the open end of a Slice is the largest int64 in what lowering writes', async (t) => {
  const g = new Graph('lowered');
  const x = g.input('x', 'float32', [1, 16, 8, 8]);
  const cut = g.op('Slice', [conv(g, x, [16, 16, 3, 3], 'first'), g.ints([2]), g.ints([OPEN]), g.ints([2])]);
  g.output('y', cut, 'float32', [1, 16, 6, 8]);
  const lowered = await lowerBuilt(t, g, PASSES);
  const folder = t.testdir();
  await writeEdited(lowered.graph, folder, 'lowered.onnx');
  const written = await EditableGraph.open(join(folder, 'lowered.onnx'));
  const slice = written.nodes.find(({ type }) => type === 'Slice')!;
  const end = await written.constants.get(slice.inputs[2]!)!.read();
  t.equal(new DataView(end.buffer, end.byteOffset).getBigInt64(0, true), OPEN);
  t.ok(
    written.nodes.some(({ domain }) => domain === 'kdtalker'),
    'lowered',
  );
  await sameAsPlain(t, g, lowered, { x: filled([1, 16, 8, 8], (i) => Math.sin(i)) });
});
