/**
 * The kinds of operations of a plan: the engine's kernels, in the order of `Kernel` in native/plan/kernel.h. The number of a kind is
 * its place in this list; a further kind goes to the end of both.
 */
export const KINDS = [
  'copy',
  'fill',
  'toFloat',
  'map',
  'reduce',
  'softmax',
  'normaliseRows',
  'product',
  'convolution',
  'pool',
  'resize',
  'sample',
  'gather',
  'copyHalves',
  'toBlocks',
  'fromBlocks',
  'blockConvolution',
  'blockPool',
  'blockUpConvolution',
  'blockStatistics',
  'blockSpade',
  'blockPicture',
  'blockMotionInput',
  'blockMaskMotion',
  'blockSample',
  'blockMasked',
  'blockSums',
  'blockSumsEnd',
  'blockOcclusion',
  'blockNine',
  'blockMeasuredConvolution',
  'blockStatisticsEnd',
  'blockPooledConvolution',
  'blockPooledSumsEnd',
  'attention',
] as const;

/** A kind of operation. */
export type Kind = (typeof KINDS)[number];

/** The most axes of a kernel's index space. */
export const RANK = 6;

/** How the name of a plan's file ends. */
export const PLAN_SUFFIX = '.plan';
