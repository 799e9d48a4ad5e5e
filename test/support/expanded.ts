import { floatOf, intOf, intsOf, textOf } from '../../dist/packs/lowering/attributes.js';
import { DOMAIN } from '../../dist/packs/lowering/domain.js';
import { Shapes } from '../../dist/packs/lowering/shapes.js';
import {
  DATA_TYPE,
  EditableGraph,
  type EditableNode,
  Graph,
  type Value,
} from '../../dist/packs/onnx/index.js';

/** An operator of the domain `kdtalker` with the shapes of its inputs. */
export interface Reference {
  node: EditableNode;
  shapes: (readonly number[])[];
}

/** Builds an operator's output from standard operators. */
type Rule = (g: Graph, inputs: Value[], reference: Reference) => Value;

/**
 * Replaces the engine's own operators by standard ones: a second, slow implementation. Their weights stay in their layout, [outputs,
 * inputs, ...kernel], float32.
 */
export async function expand(graph: EditableGraph): Promise<void> {
  const shapes = new Shapes(graph);
  for (const node of graph.sorted()) {
    if (node.domain !== DOMAIN) continue;
    const known = node.inputs.map((input) => shapes.of(input) ?? []);
    await weightsAsFloats(graph, node);
    graph.replace(node.outputs[0]!, inline(graph, node, known));
  }
  graph.prune();
  graph.opsets.delete(DOMAIN);
}

async function weightsAsFloats(graph: EditableGraph, { inputs }: EditableNode): Promise<void> {
  for (const input of inputs) {
    const constant = graph.constants.get(input);
    if (constant?.dataType !== DATA_TYPE.uint8) continue;
    graph.constants.set(input, { ...constant, dims: [constant.bytes / 4], dataType: DATA_TYPE.float32 });
  }
}

function inline(graph: EditableGraph, node: EditableNode, shapes: (readonly number[])[]): string {
  const rule = RULES[node.type];
  if (!rule) throw new Error(`Expected a reference of ${node.type} but there is none`);
  const g = new Graph('reference');
  const inputs = node.inputs.map((_, i) => g.input(`in${i}`, 'float32', shapes[i]!));
  g.output('out', rule(g, inputs, { node, shapes }), 'float32', []);
  const part = EditableGraph.parse(g.toBytes());
  const names = new Map(node.inputs.map((input, i) => [`in${i}`, input]));
  for (const [name, constant] of part.constants) names.set(name, graph.addConstant(name, constant));
  for (const inner of part.sorted()) {
    const added = graph.addAll({
      type: inner.type,
      inputs: inner.inputs.map((input) => (input ? names.get(input) : undefined)),
      outputs: inner.outputs.length,
    });
    // The attributes as they are: builders guess their types from their names.
    Object.assign(graph.producer(added[0]!)!, { attributes: inner.attributes });
    inner.outputs.forEach((output, i) => void names.set(output, added[i]!));
  }
  return names.get('out')!;
}

const RULES: Record<string, Rule> = {
  Block: (_, [x], { shapes }) => blocked(x!, shapes[0]!),
  Unblock: (_, [x], { node, shapes }) => unblocked(x!, shapes[0]!, intOf(node, 'channels', 0)),
  Conv: (g, inputs, reference) => convolution(g, inputs, reference, 1),
  UpConv: (g, inputs, reference) => convolution(g, inputs, reference, intOf(reference.node, 'factor', 1)),
  Stats: (g, [x], reference) => statistics(g, x!, reference),
  Spade: modulated,
  AveragePool(g, [x], { shapes }) {
    const [blocks, ...cells] = shapes[0]!.slice(0, -1) as [number, ...number[]];
    const window = cells.length === 3 ? [1, 2, 2] : [2, 2];
    const plain = unblocked(x!, shapes[0]!, 16 * blocks);
    const half = [...cells.slice(0, -2), ...cells.slice(-2).map((length) => length / 2)];
    return blocked(g.op('AveragePool', [plain], { kernel_shape: window, strides: window }), [
      1,
      16 * blocks,
      ...half,
    ]);
  },
};

/** Adds a reference, for operators that only some tests know. */
export function addReference(type: string, rule: Rule): void {
  RULES[type] = rule;
}

/** [1, channels, ...cells] to [blocks, ...cells, 16]. */
export function blocked(x: Value, [, channels, ...cells]: readonly number[]): Value {
  const blocks = Math.ceil(channels! / 16);
  const rank = cells.length + 2;
  const ends = Array.from({ length: 2 * rank }, (_, i) => (i === rank + 1 ? 16 * blocks - channels! : 0));
  const whole = x.graph.op('Pad', [x, x.graph.ints(ends)]).reshape(blocks, 16, ...cells);
  return whole.transpose(0, ...cells.map((_, i) => i + 2), 1);
}

/** [blocks, ...cells, 16] to [1, channels, ...cells]. */
export function unblocked(x: Value, [blocks, ...rest]: readonly number[], channels: number): Value {
  const cells = rest.slice(0, -1);
  const lanesFirst = x.transpose(0, cells.length + 1, ...cells.map((_, i) => i + 1));
  return lanesFirst.reshape(1, 16 * blocks!, ...cells).slice(1, 0, channels);
}

function convolution(
  g: Graph,
  [x, weight, bias, residual]: Value[],
  { node, shapes }: Reference,
  factor: number,
): Value {
  const [outputs, inputs] = [intOf(node, 'channels', 0), intOf(node, 'in_channels', 0)];
  const kernel = intsOf(node, 'kernel')!;
  const source = repeated(g, unblocked(x!, shapes[0]!, inputs), shapes[0]!.length, factor);
  const pads = kernel.map((length) => (length - 1) / 2);
  const w = weight!.reshape(outputs, inputs, ...kernel);
  const y = g.op('Conv', [source, w, bias!.slice(0, 0, outputs)], {
    kernel_shape: kernel,
    pads: [...pads, ...pads],
  });
  const active = activated(g, y, textOf(node, 'activation', 'none'), floatOf(node, 'alpha', 0));
  const cells = shapes[0]!
    .slice(1, -1)
    .map((length, i, all) => (i < all.length - 2 ? length : factor * length));
  const sum = residual ? active.add(unblocked(residual, shapes[3]!, outputs)) : active;
  return blocked(sum, [1, outputs, ...cells]);
}

function repeated(g: Graph, x: Value, rank: number, factor: number): Value {
  if (factor === 1) return x;
  const scales = Float32Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? 1 : factor));
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return g.op('Resize', [x, undefined, g.constant('scales', scales)], attributes);
}

function activated(g: Graph, x: Value, activation: string, alpha: number): Value {
  if (activation === 'relu') return x.relu();
  return activation === 'leaky' ? g.op('LeakyRelu', [x], { alpha }) : x;
}

/** Mean and 1 / deviation of every channel, [16 blocks, 2]. */
function statistics(g: Graph, x: Value, { node, shapes }: Reference): Value {
  const channels = 16 * shapes[0]![0]!;
  const flat = unblocked(x, shapes[0]!, channels).reshape(channels, -1);
  const mean = flat.mean([1]);
  const centred = flat.sub(mean);
  const epsilon = g.constant('epsilon', Float32Array.of(floatOf(node, 'epsilon', 0)), []);
  const deviation = centred.mul(centred).mean([1]).add(epsilon).sqrt();
  return g.concat(1, [mean, g.scalar(1).div(deviation)]);
}

function modulated(g: Graph, [a, weight, bias, x, stats]: Value[], { node, shapes }: Reference): Value {
  const [channels, inputs] = [intOf(node, 'channels', 0), intOf(node, 'in_channels', 0)];
  const [factor, alpha] = [intOf(node, 'factor', 1), floatOf(node, 'alpha', 1)];
  const shifts = intOf(node, 'shift', 1) === 1;
  const w = weight!.reshape(shifts ? 2 * channels : channels, inputs, 3, 3);
  const made = g.op('Conv', [unblocked(a!, shapes[0]!, inputs), w, bias!], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
  });
  const [scale, shift] = shifts ? (g.split(made, 1, [channels, channels]) as [Value, Value]) : [made];
  const source = repeated(g, unblocked(x!, shapes[3]!, channels), 4, factor);
  const [mean, rate] = g.split(stats!.slice(0, 0, channels).transpose(1, 0), 0, [1, 1]) as [Value, Value];
  const normal = source.sub(mean.reshape(1, channels, 1, 1)).mul(rate.reshape(1, channels, 1, 1));
  const scaled = normal.mul(scale);
  const cells = shapes[0]!.slice(1, 3);
  const value = activated(g, shift ? scaled.add(shift) : scaled, 'leaky', alpha);
  return blocked(value, [1, channels, ...cells]);
}
