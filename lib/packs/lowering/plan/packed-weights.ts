import {
  DATA_TYPE,
  type EditableNode,
  halfFromFloat,
  readFloats,
  type StoredTensor,
} from '../../onnx/index.js';
import { intOf, intsOf } from '../attributes.js';
import { BLOCK, blocksOf, DOMAIN } from '../domain.js';

/** Weights of halves as the lanes of tensor cores read them, for a kernel of [slices, side, side]. */
export interface Packing {
  outputs: number;
  inputs: number;
  slices: number;
  side: number;
  /** Sixteens of outputs that one block of threads makes. */
  groups: number;
}

/** The forms that the engine has a kernel for: by side of the kernel the groups; native/cuda/blocks.cu. */
const GROUPS: Record<number, readonly number[]> = { 1: [2, 8], 3: [2, 4, 8, 9], 7: [2] };

/** The widest of the forms that do the least work for nothing. */
function groupsFor(side: number, blocks: number): number {
  const made = (groups: number) => groups * Math.ceil(blocks / groups);
  const forms = GROUPS[side]!;
  const least = Math.min(...forms.map(made));
  return Math.max(...forms.filter((groups) => made(groups) === least));
}

/** How the weights of an operator of the domain `kdtalker` are packed; undefined for an operator without. */
export function packingOf({ type, domain, ...node }: EditableNode): Packing | undefined {
  if (domain !== DOMAIN || type !== 'Conv') return undefined;
  const kernel = intsOf(node as EditableNode, 'kernel')!;
  const [outputs, inputs] = ['channels', 'in_channels'].map((name) => intOf(node as EditableNode, name, 0));
  const [slices, side] = [kernel.length === 3 ? kernel[0]! : 1, kernel.at(-1)!];
  return { outputs: outputs!, inputs: inputs!, slices, side, groups: groupsFor(side, blocksOf(outputs!)) };
}

/** The input of those operators that has the weights. */
export const PACKED_INPUT = 1;

/** The name of a constant's packed form: a constant may be used in several forms. */
export function packedName(constant: string, packing: Packing): string {
  return `${constant}:${Object.values(packing).join('-')}`;
}

/** Halves of the packed form. */
export function packedCount({ outputs, inputs, slices, side, groups }: Packing): number {
  const tiles = Math.ceil(blocksOf(outputs) / groups);
  return tiles * groups * blocksOf(inputs) * slices * side * side * BLOCK * BLOCK;
}

/** The packed form of a float32 constant [outputs, inputs, slices, side, side]. */
export function packedTensor(stored: StoredTensor, packing: Packing): StoredTensor {
  const count = packedCount(packing);
  return {
    dims: [count],
    dataType: DATA_TYPE.float16,
    bytes: 2 * count,
    read: async () => new Uint8Array(packed(await readFloats(stored), packing).buffer),
  };
}

/** In the order of `PackedWeights` in native/kernels/plan/block_product.h; zeros where there is no weight. */
function packed(weights: Float32Array, packing: Packing): Uint16Array {
  const { outputs, inputs, slices, side, groups } = packing;
  const halves = new Uint16Array(packedCount(packing));
  const taps = side * side;
  let from = 0;
  for (let output = 0; output < outputs; output++) {
    const block = Math.floor(output / BLOCK);
    const tile = Math.floor(block / groups) * blocksOf(inputs) * slices;
    for (let input = 0; input < inputs; input++) {
      const within = placeWithin(output % BLOCK, input % BLOCK) + (block % groups) * BLOCK * BLOCK;
      const round = tile + Math.floor(input / BLOCK) * slices;
      for (let tap = 0; tap < slices * taps; tap++) {
        const step = round * taps + tap;
        halves[step * groups * BLOCK * BLOCK + within] = halfFromFloat(weights[from++]!);
      }
    }
  }
  return halves;
}

/** Where a weight of 16 outputs and 16 inputs is: its lane has 8 of them. */
function placeWithin(output: number, input: number): number {
  const column = Math.floor(output / 4) * 2 + (output % 2);
  const lane = 4 * column + Math.floor((input % 8) / 2);
  return 8 * lane + 4 * (Math.floor(output / 2) % 2) + 2 * Math.floor(input / 8) + (input % 2);
}
