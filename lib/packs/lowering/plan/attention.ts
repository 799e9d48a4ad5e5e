import { sizeOf } from '../../onnx/types.js';
import { fromFront, intOf, intsOf } from '../attributes.js';
import { any, type Found, op } from '../pattern.js';
import type { Attentions } from './attentions.js';
import { broadcastLayout, commonDims, mergedAxes, transposedLayout } from './layout.js';
import type { NodeContext } from './node-context.js';
import { OperationWriter, type Over } from './operation.js';
import type { Planner } from './planner.js';
import { laidOut, type PlanValue } from './storage.js';

/** The most keys, and the most numbers of a row, of the kernel: those of native/kernels/plan/attention.h. */
const MOST = { keys: 512, numbers: 64 };

const products = op('MatMul', [any('query'), any('key')]);
const ofScores = (scores: typeof products) => op('MatMul', [op('Softmax', [scores]), any('value')]);
const FORMS = [ofScores(op('Add', [products, any('bias')])), ofScores(products)];

/**
 * Finds softmax(query key + bias) value. Scores that something else needs, rows and keys of more than {@link MOST}, a bias that has more
 * axes than the scores and a softmax along another axis are not of this form: their products and softmax stay kernels of their own.
 *
 * @param planner of the same graph, after it has planned it: it knows all lengths
 */
export function attentionsOf(planner: Planner): Attentions {
  const results = new Map<string, Found>();
  const inside = new Set<string>();
  for (const { type, domain, outputs } of planner.graph.sorted()) {
    const result = outputs[0]!;
    const found = type === 'MatMul' && domain === '' && attentionOf(planner, result);
    if (!found) continue;
    results.set(result, found);
    for (const name of valuesInside(planner, result, found)) inside.add(name);
  }
  return { results, inside };
}

function attentionOf(planner: Planner, result: string): Found | undefined {
  for (const form of FORMS) {
    const found = form(planner.graph, result, new Map());
    if (found && fits(planner, result, found)) return found;
  }
  return undefined;
}

/** The softmax, what it is of, and with a bias the products before that. */
function valuesInside({ graph }: Planner, result: string, found: Found): string[] {
  const weights = graph.producer(result)!.inputs[0]!;
  const scores = graph.producer(weights)!.inputs[0]!;
  if (!found.has('bias')) return [weights, scores];
  const products = graph.producer(scores)!.inputs.find((name) => name !== found.get('bias'))!;
  return [weights, scores, products];
}

function fits(planner: Planner, result: string, found: Found): boolean {
  const { graph } = planner;
  const inside = valuesInside(planner, result, found);
  const alone = inside.every((name) => graph.users(name).length === 1 && !graph.isOutput(name));
  const dims = (name: string) => planner.dimsOf(name);
  const scores = dims(inside[1]!);
  const axis = fromFront(intOf(graph.producer(inside[0]!)!, 'axis', -1), scores.length);
  const parts = ['query', 'key', 'value'].map((part) => dims(found.get(part)!));
  if (!alone || axis !== scores.length - 1 || parts.some(({ length }) => length < 2)) return false;
  const [[length], [keys], [size]] = parts.map((of) => of.slice(-1)) as [number[], number[], number[]];
  const same = scores.join() === dims(inside.at(-1)!).join();
  return same && keys! <= MOST.keys && length! <= MOST.numbers && size! <= MOST.numbers;
}

/** Plans the result of an attention. */
export function planAttention(context: NodeContext, found: Found): void {
  const { planner } = context;
  const part = (name: string) => planner.value(found.get(name)!);
  const [query, key, value] = [part('query'), transposed(part('key')), part('value')];
  const [rows, length] = query.layout.dims.slice(-2) as [number, number];
  const [keys, size] = value.layout.dims.slice(-2) as [number, number];
  const heads = commonDims([query, key, value].map(({ layout }) => layout.dims.slice(0, -2)))!;
  const bias = found.has('bias') ? [repeated(part('bias'), [...heads, rows, keys])] : [];
  const matrices = [
    outputOf(context, [...heads, rows, size]),
    repeated(query, [...heads, rows, length]),
    repeated(key, [...heads, keys, length]),
    repeated(value, [...heads, keys, size]),
    ...bias,
  ];
  const writer = writerOf(heads, [rows, keys, length, size], matrices);
  context.emit(writer, 'attention', sizeOf(heads) * rows * keys * (length + size));
}

/** The numbers of the operation, in the order in which `AttentionOf` of native/plan/kernel.cc takes them. The result comes first. */
function writerOf(heads: readonly number[], lengths: readonly number[], matrices: readonly PlanValue[]) {
  const before = matrices.map(({ layout }) => layout.strides.slice(0, -2));
  const { lengths: merged, strides } = mergedAxes(heads, before);
  const writer = new OperationWriter().axes(merged);
  for (const length of lengths) writer.axes([length]);
  writer.integers(matrices.length > 4 ? 1 : 0);
  matrices.forEach((matrix, i) => {
    const { dims, strides: steps } = matrix.layout;
    const [row, along] = [-2, -1].map((axis): Over => [[dims.at(axis)!], [steps.at(axis)!]]) as [Over, Over];
    const over = [[merged, strides[i]!], row, along] as const;
    if (i === 0) writer.write(matrix, ...over);
    else writer.read(matrix, ...over);
  });
  return writer;
}

function transposed(value: PlanValue): PlanValue {
  const axes = value.layout.dims.map((_, axis) => axis);
  return laidOut(value, transposedLayout(value.layout, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]));
}

function repeated(value: PlanValue, dims: readonly number[]): PlanValue {
  return laidOut(value, broadcastLayout(value.layout, dims));
}

/** The result; in the order of the elements after a `Transpose`, if that is all that needs it, so that a reshape copies nothing. */
function outputOf(context: NodeContext, dims: readonly number[]): PlanValue {
  const { planner, node } = context;
  const name = node.outputs[0]!;
  const [user, ...others] = planner.graph.users(name);
  const perm = user?.type === 'Transpose' && intsOf(user, 'perm');
  if (!perm || others.length || planner.graph.isOutput(name)) return context.out(dims);
  const turned = planner.temporary(perm.map((axis) => dims[axis]!));
  const back = perm.map((_, axis) => perm.indexOf(axis));
  const value = laidOut(turned, transposedLayout(turned.layout, back));
  context.define(value);
  return value;
}
