import { DATA_TYPE, type EditableNode } from '../onnx/index.js';
import { floatOf, intOf, intsOf, textOf } from './attributes.js';
import type { PassContext } from './pass.js';

/** A convolution that keeps the size: batch 1, one group, stride 1, its kernel centred. */
export interface Convolution {
  node: EditableNode;
  input: string;
  /** Names of float32 constants: the weight [outputs, inputs, ...kernel] and the optional bias [outputs]. */
  weight: string;
  bias: string | undefined;
  outputs: number;
  inputs: number;
  kernel: readonly number[];
  /** Lengths of the axes after the channels. */
  cells: readonly number[];
}

/** The operation right after a convolution that can be fused into it. */
export interface Activation {
  activation: 'none' | 'relu' | 'leaky';
  alpha: number;
  /** The value after this operation. */
  value: string;
}

/** The factor of what is below zero, by the activation. */
export const SLOPES: Record<Activation['activation'], (alpha: number) => number> = {
  none: () => 1,
  relu: () => 0,
  leaky: (alpha) => alpha,
};

/** Reads a node as a convolution; undefined for anything else. */
export function convolutionOf({ graph, shapes }: PassContext, node: EditableNode): Convolution | undefined {
  if (node.type !== 'Conv' || node.domain !== '') return undefined;
  const [input, weight, bias] = node.inputs;
  const [dims, cells] = [isFloat(weight) && shapes.of(weight!), shapes.of(input!)];
  if (!dims || !cells || cells[0] !== 1 || (bias && !isFloat(bias))) return undefined;
  const [outputs, inputs, ...kernel] = dims as [number, number, ...number[]];
  if (!keepsSize(node, kernel)) return undefined;
  return {
    node,
    input: input!,
    weight: weight!,
    bias: bias || undefined,
    outputs,
    inputs,
    kernel,
    cells: cells.slice(2),
  };

  function isFloat(name: string | undefined): boolean {
    return graph.constants.get(name ?? '')?.dataType === DATA_TYPE.float32;
  }
}

function keepsSize(node: EditableNode, kernel: readonly number[]): boolean {
  const ones = (name: string) => intsOf(node, name)?.every((value) => value === 1) ?? true;
  const centred = kernel.map((length) => (length - 1) / 2);
  const pads = intsOf(node, 'pads') ?? new Array<number>(2 * kernel.length).fill(0);
  return (
    intOf(node, 'group', 1) === 1 &&
    ones('strides') &&
    ones('dilations') &&
    textOf(node, 'auto_pad', 'NOTSET') === 'NOTSET' &&
    pads.join() === [...centred, ...centred].join()
  );
}

/** Whether all axes of a kernel have this length. */
export function isKernel({ kernel }: Convolution, length: number): boolean {
  return kernel.length >= 2 && kernel.length <= 3 && kernel.every((axis) => axis === length);
}

/** The activation that is the only user of a value. */
export function activationOf({ graph }: PassContext, value: string): Activation {
  const [user] = graph.usedOnce(value) ? graph.users(value) : [];
  if (user?.domain === '' && user.type === 'Relu')
    return { activation: 'relu', alpha: 0, value: user.outputs[0]! };
  if (user?.domain === '' && user.type === 'LeakyRelu')
    return { activation: 'leaky', alpha: floatOf(user, 'alpha', 0.01), value: user.outputs[0]! };
  return { activation: 'none', alpha: 0, value };
}

/** The addend of an addition that is the only user of a value of this shape. */
export function residualOf(
  { graph, shapes }: PassContext,
  value: string,
): { residual?: string; value: string } {
  const [user] = graph.usedOnce(value) ? graph.users(value) : [];
  if (user?.type !== 'Add' || user.domain !== '' || user.inputs.length !== 2) return { value };
  const residual = user.inputs.find((input) => input !== value)!;
  const fits = shapes.of(residual)?.join() === shapes.of(value)?.join() && !graph.constants.has(residual);
  return fits ? { residual, value: user.outputs[0]! } : { value };
}
