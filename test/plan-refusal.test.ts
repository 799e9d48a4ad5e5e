// What a plan cannot have is refused with the node's name, its type and the role.
import t from 'tap';
import { planGraph } from '../dist/packs/lowering/plan/plan.js';
import { EditableGraph, Graph, type Value } from '../dist/packs/onnx/index.js';

const REFUSED: Record<string, [build: (g: Graph, x: Value) => Value, said: RegExp]> = {
  'an operator without a kernel': [(g, x) => g.op('Hardmax', [x]), /received Hardmax\. /],
  'another kind of resizing': [
    (g, x) => g.op('Resize', [x, undefined, undefined, g.ints([1, 2, 8, 8])], { mode: 'cubic' }),
    /received Resize with mode 'cubic'/,
  ],
  'another kind of padding': [
    (g, x) => g.op('Pad', [x, g.ints([0, 0, 1, 1, 0, 0, 1, 1])], { mode: 'reflect' }),
    /received Pad with mode 'reflect'/,
  ],
  'another kind of sampling': [
    (g, x) => g.op('GridSample', [x, x.reshape(1, 4, 4, 2)], { mode: 'cubic' }),
    /received GridSample with mode 'cubic'/,
  ],
  'a reshape to another number of elements': [
    (_, x) => x.reshape(1, 3, 4, 4),
    /received Reshape to lengths that do not fit\. /,
  ],
  'a reshape whose rest is no whole number': [
    (_, x) => x.reshape(-1, 5),
    /received Reshape to lengths that do not fit\. /,
  ],
  'a reshape to negative lengths': [
    (_, x) => x.reshape(-2, -16),
    /received Reshape to lengths that do not fit\. /,
  ],
  'channels that do not make squares': [
    (g, x) => g.op('DepthToSpace', [x], { blocksize: 2 }),
    /received DepthToSpace of channels that do not fit\. /,
  ],
  'parts that are more than the whole': [
    (g, x) => g.split(x, 2, [3, 2])[0]!.add(1),
    /received Split into lengths that do not fit\. /,
  ],
  'more axes than kernels have': [
    (g) =>
      g.input('seven', 'float32', [2, 2, 2, 2, 2, 2, 2]).transpose(6, 5, 4, 3, 2, 1, 0).neg().reshape(128),
    /received Neg on 7 axes\. /,
  ],
  'padding that counts in windows beyond the end': [
    (g, x) =>
      g.op('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1, count_include_pad: 1 }),
    /received AveragePool with ceil_mode and count_include_pad\. /,
  ],
  'statistics that a batch changes': [
    (g, x) => {
      const one = g.constant('one', new Float32Array([1, 1]), [2]);
      return g.op('BatchNormalization', [x, one, one, one, one], { training_mode: 1 });
    },
    /received BatchNormalization in training\. /,
  ],
  'lengths that only a run knows': [
    (g, x) => g.op('Reshape', [x, g.op('NonZero', [x])]),
    /received NonZero\. /,
  ],
};

for (const [name, [build, said]] of Object.entries(REFUSED))
  t.test(name, async (t) => {
    const g = new Graph('refused');
    const x = g.input('x', 'float32', [1, 2, 4, 4]);
    g.output('out', g.scope('deep', () => build(g, x.exp())).abs(), 'float32', [1, 2, 4, 4]);
    const planning = planGraph(EditableGraph.parse(g.toBytes()), { role: 'render', open: 1 });
    await t.rejects(planning, {
      code: 'OPERATOR_UNSUPPORTED',
      message: /^Expected an operator that the device has for node 'deep\/\w+' of role 'render' but /,
    });
    await t.rejects(planning, { message: said });
  });

t.test('an operator of another domain, even one with a known name', async (t) => {
  for (const type of ['Exp', 'Shape']) {
    const g = new Graph('foreign');
    g.output('out', g.input('x', 'float32', [4]).exp(), 'float32', [4]);
    const graph = EditableGraph.parse(g.toBytes());
    graph.add({ type, domain: 'elsewhere', inputs: ['x'] });
    await t.rejects(planGraph(graph, { role: 'render', open: 1 }), {
      code: 'OPERATOR_UNSUPPORTED',
      message: new RegExp(`received elsewhere:${type}\\. `),
    });
  }
});

t.test('operators of an old opset', async (t) => {
  const planned = (opset: number, build: (x: Value) => Value) => {
    const g = new Graph('old', { opset });
    g.output('out', build(g.input('x', 'float32', [4])), 'float32', [4]);
    return planGraph(EditableGraph.parse(g.toBytes()), { role: 'render', open: 1 });
  };
  const exp = (x: Value) => x.exp();
  await t.rejects(planned(10, exp), {
    code: 'OPERATOR_UNSUPPORTED',
    message: /Expected operators of opset 11 or later for role 'render'.* opset 10/,
  });
  t.equal((await planned(11, exp)).operations.length, 1, 'this one means the same in both');
  await t.rejects(
    planned(12, (x) => x.softmax(0)),
    { message: /Expected Softmax of opset 13 or later for role 'render'.* opset 12/ },
  );
});

t.test('an input of another type', async (t) => {
  const g = new Graph('types');
  g.output('out', g.input('x', 'float64', [4]).cast(1), 'float32', [4]);
  const planning = planGraph(EditableGraph.parse(g.toBytes()), { role: 'audio', open: 1 });
  await t.rejects(planning, { code: 'OPERATOR_UNSUPPORTED', message: /input 'x' of role 'audio'/ });
});
