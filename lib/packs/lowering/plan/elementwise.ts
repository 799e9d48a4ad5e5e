import { sizeOf } from '../../onnx/types.js';
import { floatOf, intOf, textOf } from '../attributes.js';
import { type Chain, MOST_STEPS, type Step } from './chain.js';
import { broadcastLayout, commonDims } from './layout.js';
import type { NodeContext } from './node-context.js';
import type { Planner } from './planner.js';
import { OF_ONE, OF_TWO, type StepCode } from './steps.js';
import { constantValue, knownScalar, laidOut } from './storage.js';

/** Operators that go into chains, each with its steps after the value that it begins with. */
export function elementwise(context: NodeContext): void {
  const { node } = context;
  const special = SPECIAL[node.type];
  if (OF_ONE[node.type]) goOn(context, 0, [{ code: OF_ONE[node.type]! }]);
  else if (special) goOn(context, 0, special(context));
  else binary(context, OF_TWO[node.type]!);
}

const SPECIAL: Record<string, (context: NodeContext) => Step[]> = {
  Relu: () => [{ code: 'maximum', first: 0 }],
  LeakyRelu: ({ node }) => [{ code: 'leaky', first: floatOf(node, 'alpha', 0.01) }],
  PRelu: slopes,
  BatchNormalization: channelSteps,
  Gelu(context) {
    if (textOf(context.node, 'approximate', 'none') !== 'none') throw context.refuse('by approximation');
    return [{ code: 'gelu' }];
  },
  Clip(context) {
    const end = (index: number, open: number) => (context.has(index) ? context.scalar(index) : open);
    const [low, high] = [end(1, Number.NEGATIVE_INFINITY), end(2, Number.POSITIVE_INFINITY)];
    if (low === undefined || high === undefined) throw context.refuse('whose ends differ from run to run');
    return [{ code: 'clip', first: low, second: high }];
  },
};

/** max(x, 0) + slope min(x, 0): the value is computed first, for both. */
function slopes(context: NodeContext): Step[] {
  const { planner, node } = context;
  const start = context.input(0);
  const { dims } = start.layout;
  const steps: Step[] = [
    { code: 'minimum', first: 0 },
    { code: 'multiply', operand: context.input(1) },
  ];
  return [
    { code: 'maximum', first: 0 },
    { code: 'add', operand: planner.computed({ dims, start, steps, node }) },
  ];
}

/** [n, c, ...]: a factor and a number to add for each channel. */
function channelSteps(context: NodeContext): Step[] {
  const { node } = context;
  if (node.outputs.length > 1 || intOf(node, 'training_mode', 0)) throw context.refuse('in training');
  const [scale, shift, mean, variance] = ['scale', 'shift', 'mean', 'variance'].map((what, i) =>
    context.numbers(i + 1, what),
  ) as [number[], number[], number[], number[]];
  const epsilon = floatOf(node, 'epsilon', 1e-5);
  const factors = scale.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const dims = [
    scale.length,
    ...context
      .dims(0)
      .slice(2)
      .map(() => 1),
  ];
  const ofChannels = (numbers: readonly number[]) => constantValue('float32', dims, numbers);
  return [
    { code: 'multiply', operand: ofChannels(factors) },
    { code: 'add', operand: ofChannels(factors.map((factor, c) => shift[c]! - mean[c]! * factor)) },
  ];
}

/** The operators that {@link elementwise} plans. */
export const ELEMENTWISE = [...Object.keys(OF_ONE), ...Object.keys(OF_TWO), ...Object.keys(SPECIAL)];

/** The chain begins with the input that waits or varies; the others are operands of its steps. */
function binary(context: NodeContext, code: StepCode): void {
  const { inputs } = context.node;
  const begin = beginning(context);
  if (inputs.length === 2 && inputs[0] === inputs[1] && code === 'multiply')
    goOn(context, 0, [{ code: 'square' }]);
  else binaryFrom(context, code, inputs.length > 2 ? 0 : begin);
}

function binaryFrom(context: NodeContext, code: StepCode, begin: number): void {
  const others = context.node.inputs.flatMap((_, i) => (i === begin ? [] : [i]));
  // An operand may not be the chain itself.
  if (context.node.inputs.filter((name) => name === context.node.inputs[begin]).length > 1)
    context.any(begin);
  const steps = others.map((index): Step => {
    const value = context.input(index);
    const number = knownScalar(value);
    return number === undefined
      ? { code, operand: value, swapped: begin > index }
      : { code: simplified(code, number, begin > index), first: number, swapped: begin > index };
  });
  goOn(context, begin, steps);
}

/** Squares are exact and cheap. */
function simplified(code: StepCode, number: number, swapped: boolean): StepCode {
  return code === 'power' && number === 2 && !swapped ? 'square' : code;
}

/** The input whose chain goes on; else the first that is no constant number. */
function beginning({ planner, node: { inputs } }: NodeContext): number {
  const lengths = inputs.map((name) => planner.waiting(name)?.steps.length ?? -1);
  const longest = Math.max(...lengths);
  if (longest >= 0) return lengths.indexOf(longest);
  const varies = inputs.findIndex((name) => knownScalar(planner.value(name)) === undefined);
  return Math.max(0, varies);
}

/** Adds steps to the chain of an input, or begins one. */
function goOn(context: NodeContext, begin: number, steps: Step[]): void {
  const { planner, node } = context;
  const name = node.inputs[begin]!;
  const dims = commonDims([context.dims(begin), ...node.inputs.map((input, i) => dimsAt(context, input, i))]);
  if (!dims) throw context.refuse('of lengths that do not fit');
  const before = canGoOn(context, name, steps, dims) ? planner.waiting(name) : undefined;
  if (before) planner.takeChain(name);
  const start = before?.start ?? context.input(begin);
  const chain: Chain = {
    dims,
    start: laidOut(start, broadcastLayout(start.layout, dims)),
    steps: [...(before?.steps ?? []), ...steps],
    node,
  };
  planner.wait(node.outputs[0]!, shortened(planner, chain));
}

/** A chain of at most {@link MOST_STEPS} steps; kernels before it compute the others. */
function shortened(planner: Planner, chain: Chain): Chain {
  const { steps } = chain;
  if (steps.length <= MOST_STEPS) return chain;
  const start = planner.computed({ ...chain, steps: steps.slice(0, MOST_STEPS) });
  return shortened(planner, { ...chain, start, steps: steps.slice(MOST_STEPS) });
}

/** Operators whose other inputs are parameters, which have no part in the dims. */
const WITH_PARAMETERS: readonly string[] = ['Clip', 'BatchNormalization'];

function dimsAt(context: NodeContext, input: string, index: number): readonly number[] {
  return index > 0 && (WITH_PARAMETERS.includes(context.node.type) || !input) ? [] : context.dims(index);
}

/** Only where nothing else needs the value, and nothing is computed again for repeated elements. */
function canGoOn({ planner }: NodeContext, name: string, steps: Step[], dims: readonly number[]): boolean {
  const before = planner.waiting(name);
  return (
    before !== undefined &&
    planner.graph.users(name).length === 1 &&
    !planner.graph.isOutput(name) &&
    before.steps.length + steps.length <= MOST_STEPS &&
    sizeOf(before.dims) === sizeOf(dims)
  );
}
