import t from 'tap';
import { floatOf, intOf, intsOf, textOf } from '../dist/packs/lowering/attributes.js';
import { Shapes } from '../dist/packs/lowering/shapes.js';
import { EditableGraph, Graph } from '../dist/packs/onnx/index.js';

t.test('a zero is not the same as nothing, though a file does not say it', async (t) => {
  const g = new Graph('zeros');
  const x = g.input('x', 'float32', [2, 3]);
  g.output('y', x.sum([1], false), 'float32', [2]);
  g.output('z', g.op('LeakyRelu', [x], { alpha: 0 }), 'float32', [2, 3]);
  const graph = EditableGraph.parse(g.toBytes());
  const [sum, leaky] = ['y', 'z'].map((name) => graph.producer(name)!);
  t.equal(intOf(sum!, 'keepdims', 1), 0);
  t.equal(floatOf(leaky!, 'alpha', 0.01), 0);
  t.strictSame(new Shapes(graph).of('y'), [2]);
});

t.test('what is left out has the value that its operator gives it', async (t) => {
  const g = new Graph('missing');
  const x = g.input('x', 'float32', [2, 3]);
  g.output('y', g.op('Softmax', [x]), 'float32', [2, 3]);
  const node = EditableGraph.parse(g.toBytes()).producer('y')!;
  t.equal(intOf(node, 'axis', -1), -1);
  t.equal(floatOf(node, 'alpha', 0.01), 0.01);
  t.equal(textOf(node, 'mode', 'nearest'), 'nearest');
  t.equal(intsOf(node, 'pads'), undefined);
});
