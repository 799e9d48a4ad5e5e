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
  /** How often cells are repeated; the kernel is then of side 2, once for each place within a cell. */
  factor: number;
  /** Whether sixteens of the upper half of the outputs and of the lower one take turns. */
  inTurn: boolean;
}

/** The forms that the engine has a kernel for: by side of the kernel the groups; native/cuda/blocks.cu. */
const GROUPS: Record<number, readonly number[]> = { 1: [2, 4, 8], 2: [2, 4, 8], 3: [2, 4, 8, 9], 7: [2] };
const SPADE_GROUPS = 8;
const MASK_SIDE = 7;

/** The widest of the forms that do the least work for nothing. */
function groupsFor(side: number, blocks: number): number {
  const made = (groups: number) => groups * Math.ceil(blocks / groups);
  const forms = GROUPS[side]!;
  const least = Math.min(...forms.map(made));
  return Math.max(...forms.filter((groups) => made(groups) === least));
}

/** How the weights of an operator of the domain `kdtalker` are packed; undefined for an operator without. */
export function packingOf(node: EditableNode): Packing | undefined {
  return node.domain === DOMAIN ? PACKINGS[node.type]?.(node) : undefined;
}

const PACKINGS: Record<string, (node: EditableNode) => Packing> = {
  Conv: convolved,
  UpConv(node) {
    const convolution = convolved(node);
    const groups = groupsFor(2, blocksOf(convolution.outputs));
    return { ...convolution, side: 2, groups, factor: intOf(node, 'factor', 1) };
  },
  MaskMotion: (node) => ({
    outputs: 2 * BLOCK,
    inputs: intOf(node, 'in_channels', 0),
    slices: MASK_SIDE,
    side: MASK_SIDE,
    groups: 2,
    factor: 1,
    inTurn: false,
  }),
  Occlusion: (node) => ({
    outputs: intOf(node, 'kernel', 0) ** 2,
    inputs: intOf(node, 'lanes', 0),
    slices: 1,
    side: 1,
    groups: 4,
    factor: 1,
    inTurn: false,
  }),
  Spade(node) {
    const inTurn = intOf(node, 'shift', 0) === 1;
    const outputs = intOf(node, 'channels', 0) * (inTurn ? 2 : 1);
    return {
      outputs,
      inputs: intOf(node, 'in_channels', 0),
      slices: 1,
      side: 3,
      groups: SPADE_GROUPS,
      factor: 1,
      inTurn,
    };
  },
};

function convolved(node: EditableNode): Packing {
  const kernel = intsOf(node, 'kernel')!;
  const outputs = intOf(node, 'channels', 0);
  const [slices, side] = [kernel.length === 3 ? kernel[0]! : 1, kernel.at(-1)!];
  const inputs = intOf(node, 'in_channels', 0);
  return {
    outputs,
    inputs,
    slices,
    side,
    groups: groupsFor(side, blocksOf(outputs)),
    factor: 1,
    inTurn: false,
  };
}

/** The input of those operators that has the weights. */
export const PACKED_INPUT = 1;

/** The name of a constant's packed form: a constant may be used in several forms. */
export function packedName(constant: string, packing: Packing): string {
  return `${constant}:${Object.values(packing).map(Number).join('-')}`;
}

/** Halves of the packed form. */
export function packedCount(packing: Packing): number {
  return packing.factor ** 2 * countOfPlace(packing);
}

function countOfPlace({ outputs, inputs, slices, side, groups }: Packing): number {
  const tiles = Math.ceil(blocksOf(outputs) / groups);
  return tiles * groups * blocksOf(inputs) * slices * side * side * BLOCK * BLOCK;
}

/** The packed form of a float32 constant [outputs, inputs, ...kernel]. */
export function packedTensor(stored: StoredTensor, packing: Packing): StoredTensor {
  const count = packedCount(packing);
  return {
    dims: [count],
    dataType: DATA_TYPE.float16,
    bytes: 2 * count,
    read: async () => new Uint8Array(packed(await readFloats(stored), packing).buffer),
  };
}

/** Of each place within a repeated cell; without repetition there is one. */
function packed(weights: Float32Array, packing: Packing): Uint16Array {
  const { factor } = packing;
  const halves = new Uint16Array(packedCount(packing));
  for (let place = 0; place < factor ** 2; place++) {
    const seen = factor === 1 ? weights : seenAt(weights, packing, place);
    pack(seen, packing, halves.subarray(place * countOfPlace(packing)));
  }
  return halves;
}

/** In the order of `PackedWeights` in native/kernels/plan/block_product.h; zeros where there is no weight. */
function pack(weights: Float32Array, packing: Packing, halves: Uint16Array): void {
  const { outputs, inputs, slices, side, groups } = packing;
  const taps = side * side;
  let from = 0;
  for (let output = 0; output < outputs; output++) {
    const block = blockOf(output, packing);
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
}

function blockOf(output: number, { outputs, inTurn }: Packing): number {
  if (!inTurn) return Math.floor(output / BLOCK);
  const half = outputs / 2;
  return 2 * Math.floor((output % half) / BLOCK) + (output < half ? 0 : 1);
}

/** Where a weight of 16 outputs and 16 inputs is: its lane has 8 of them. */
function placeWithin(output: number, input: number): number {
  const column = Math.floor(output / 4) * 2 + (output % 2);
  const lane = 4 * column + Math.floor((input % 8) / 2);
  return 8 * lane + 4 * (Math.floor(output / 2) % 2) + 2 * Math.floor(input / 8) + (input % 2);
}

/** The side of the kernel over repeated cells. */
const SIDE = 3;

/**
 * Weights [..., 2, 2] of a place within a repeated cell, from those [..., 3, 3] over the repeated cells: a tap of the first place sees
 * the cell before or this one, those of the others this one or the one after.
 */
function seenAt(weights: Float32Array, { factor }: Packing, place: number): Float32Array {
  const [rows, columns] = [Math.floor(place / factor), place % factor].map((at) =>
    Array.from({ length: SIDE }, (_, tap) => Math.floor((at + tap - 1) / factor) + (at === 0 ? 1 : 0)),
  );
  const kernels = weights.length / SIDE ** 2;
  const seen = new Float32Array(4 * kernels);
  for (let kernel = 0; kernel < kernels; kernel++)
    for (let tap = 0; tap < SIDE ** 2; tap++) {
      const [row, column] = [rows![Math.floor(tap / SIDE)]!, columns![tap % SIDE]!];
      seen[4 * kernel + 2 * row + column]! += weights[SIDE ** 2 * kernel + tap]!;
    }
  return seen;
}
