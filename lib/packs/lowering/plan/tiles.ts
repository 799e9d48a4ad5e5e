import { BLOCK } from '../domain.js';
import type { Kind } from './kinds.js';
import type { PlanOperation } from './operation.js';

/** Cells that a block of threads makes; native/cuda/kernels/conv.h. */
const [ROWS, COLUMNS] = [8, 16];

/** Of native/kernels/plan/block_sums.h: cells that a block of threads makes, and what it holds. */
export const FLAT_CELLS = 128;
const HELD = 208;

/** Slices that a block of threads makes at once, as `FlatSlices` of native/kernels/plan/block_sums.h. */
export function flatSlices(side: number, height: number, width: number): number {
  const made = Math.floor(FLAT_CELLS / (height * width));
  const held = Math.floor((HELD - (width + 2)) / ((height + 1) * (width + 1)));
  return side === 1 ? made : Math.min(made, held);
}

/** A picture in parts of so many rows of 16 cells: `PictureParts` of native/kernels/plan/moments.h. */
export interface PictureParts {
  height: number;
  width: number;
  rows: number;
}

export function partCount({ height, width, rows }: PictureParts): number {
  return Math.ceil(height / rows) * Math.ceil(width / COLUMNS);
}

/** The rows of a picture that a warp makes, in a form of convolution that also measures it; `HasMeasuredForm` of native code. */
export function measuredRows({ side, groups }: { side: number; groups: number }): number | undefined {
  return side === 3 && [2, 4, 8].includes(groups) ? groups / 2 : undefined;
}

/** Whether a form of convolution can write means of two by two cells; `HasPooledForm` of native code. */
export function canPool({ side, groups }: { side: number; groups: number }): boolean {
  return side === 3 && (groups === 4 || groups === 8);
}

/** Columns of the mask that are computed; native/cuda/kernels/mask.h. */
const MASK_COLUMNS = 24;

const ceiled = (length: number, step: number) => Math.ceil(length / step) * step;

/** The numbers of a convolution over blocks, in the order of its operation. */
export interface Product {
  inBlocks: number;
  slices: number;
  side: number;
  groups: number;
  depth: number;
  height: number;
  width: number;
}

/** @param from where they begin */
export function productAt(integers: readonly number[], from: number): Product {
  const [inBlocks, slices, side, groups, depth, height, width] = integers.slice(from) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { inBlocks, slices, side, groups, depth, height, width };
}

const columnsFor = (outBlocks: number, { groups }: Product) => BLOCK * ceiled(outBlocks, groups);
const depthOfSums = ({ inBlocks, slices, side }: Product) => BLOCK * inBlocks * slices * side ** 2;
const cellsOfTiles = ({ depth, height, width }: Product) =>
  depth * ceiled(height, ROWS) * ceiled(width, COLUMNS);

function cellsOfFlatTiles({ side, depth, height, width }: Product): number {
  const slices = Math.min(depth, flatSlices(side, height, width));
  return FLAT_CELLS * Math.ceil(depth / slices);
}

/** By kind, the columns and cells that tensor cores compute, with the factor of the places within a cell. */
const TILES: Partial<Record<Kind, (integers: readonly number[]) => number>> = {
  blockConvolution: (integers) => ofTiles(productAt(integers, 1), integers[0]!),
  blockMeasuredConvolution: (integers) => ofTiles(productAt(integers, 1), integers[0]!),
  blockPooledConvolution: (integers) => ofTiles(productAt(integers, 1), integers[0]!),
  blockUpConvolution: (integers) => integers[8]! ** 2 * ofTiles(productAt(integers, 1), integers[0]!),
  blockSpade: (integers) => ofTiles(productAt(integers, 1), integers[0]! * (integers[9]! + 1)),
  blockMaskMotion(integers) {
    const product = productAt(integers, 0);
    return MASK_COLUMNS * cellsOfTiles(product) * depthOfSums(product);
  },
  blockSums(integers) {
    const product = productAt(integers, 1);
    const columns = columnsFor(integers[0]!, product);
    return integers[8]! ** 2 * columns * cellsOfFlatTiles(product) * depthOfSums(product);
  },
};

function ofTiles(product: Product, outBlocks: number): number {
  return columnsFor(outBlocks, product) * cellsOfTiles(product) * depthOfSums(product);
}

/**
 * The multiplications that tensor cores do for an operation, with those of lanes and cells that only fill a tile; undefined where none do any.
 */
export function onTensorCores({ kind, integers }: PlanOperation): number | undefined {
  return TILES[kind]?.(integers);
}
