import { type EditableNode, integersOf } from '../../onnx/index.js';
import { floatOf, intOf } from '../attributes.js';
import { BLOCK } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';
import {
  any,
  type Found,
  integers,
  layerNorm,
  linear,
  named,
  numbers,
  op,
  type Pattern,
  silu,
} from '../pattern.js';
import { addTokenLayers, laidOutMatrix } from '../token-layers.js';

/**
 * A ResnetBlock over tokens: x + silu(second(silu(norm(first(x)) (1 + scale) + shift))), where scale and shift are neighbours among
 * the parts of one condition, the audio's after tokens that have none plus the time's.
 */
export const tokenResidual: Pass = {
  name: 'token-residual',
  async run(context) {
    let found = 0;
    for (const node of context.graph.sorted()) {
      const match = node.type === 'Add' && RESIDUAL(context.graph, node.outputs[0]!, new Map());
      const lowered = match && lower(context, match);
      if (!lowered) continue;
      context.graph.replace(node.outputs[0]!, lowered);
      found++;
    }
    return found;
  },
};

const isOne = (values: readonly number[]) => values.length === 1 && values[0] === 1;
const normalised = layerNorm(linear(any('x'), 'first', 'first.bias'), 'norm');
const modulated = op('Add', [
  op('Mul', [normalised, op('Add', [any('scale'), numbers(isOne)])]),
  any('shift'),
]);
const RESIDUAL = op('Add', [silu(linear(silu(modulated), 'second', 'second.bias')), any('x')]);

function lower(context: PassContext, match: Found): string | undefined {
  const { graph } = context;
  const name = (key: string) => match.get(key)!;
  const dims = (key: string) => graph.constants.get(name(key))!.dims!;
  const width = dims('first')[0]!;
  const square = ['first', 'second'].every((key) => dims(key).join() === [width, width].join());
  const condition = conditionOf(context, name('scale'), name('shift'), width);
  // The operator works on blocks of numbers.
  if (width % BLOCK !== 0 || !square || !condition) return undefined;
  const inputs = [
    condition.audio,
    condition.time,
    laidOutMatrix(context, name('first')),
    ...['first.bias', 'norm.gamma', 'norm.beta'].map(name),
    laidOutMatrix(context, name('second')),
    name('second.bias'),
  ];
  const epsilon = floatOf(graph.producer(name('norm'))!, 'epsilon', 1e-5);
  const layer = { kind: 'residual', width, offset: condition.offset, inputs } as const;
  return addTokenLayers(context, name('x'), [layer], { epsilon });
}

interface Condition {
  audio: string;
  time: string;
  /** Where the scale begins; the shift follows it. */
  offset: number;
}

/** Only the tokens of a prefix have no audio; there is no padding after the last token. */
const isPrefix = (pads: readonly number[]) =>
  pads.length === 6 && pads[1]! >= 0 && pads.every((pad, i) => i === 1 || pad === 0);
const isConstantPad = ({ attributes }: EditableNode) => attributes.length === 0;
const padded = op('Pad', [any('audio'), integers(isPrefix)], { test: isConstantPad });
const SUM: Pattern = named('sum', op('Add', [padded, any('time')]));

function conditionOf(
  context: PassContext,
  scale: string,
  shift: string,
  width: number,
): Condition | undefined {
  const { graph } = context;
  const [first, second] = [partOf(context, scale), partOf(context, shift)];
  const fits = first && second && first.source === second.source && second.offset === first.offset + width;
  if (!fits || first.length !== width || second.length !== width) return undefined;
  const block = partOf(context, first.source) ?? { source: first.source, offset: 0 };
  const match = SUM(graph, block.source, new Map());
  const sum = match && { audio: match.get('audio')!, time: match.get('time')! };
  return sum && isRow(context, sum.time) ? { ...sum, offset: block.offset + first.offset } : undefined;
}

/** Whether a value is one row for all tokens, [1, c]. */
function isRow({ graph, shapes }: PassContext, value: string): boolean {
  const dims = shapes.of(value);
  return dims?.length === 2 && dims[0] === 1 && !graph.constants.has(value);
}

interface Part {
  source: string;
  offset: number;
  length: number;
}

/** Matches a value as a slice of another along the last of three axes. */
function partOf({ graph }: PassContext, value: string): Part | undefined {
  const node = graph.producer(value);
  if (node?.type !== 'Split' || node.domain !== '' || intOf(node, 'axis', 0) !== 2) return undefined;
  const lengths = integersOf(graph.constants.get(node.inputs[1] ?? ''));
  const index = node.outputs.indexOf(value);
  if (!lengths) return undefined;
  const offset = lengths.slice(0, index).reduce((sum, length) => sum + length, 0);
  return { source: node.inputs[0]!, offset, length: lengths[index]! };
}
