import type { Pass } from '../pass.js';
import { blockedActivation } from './blocked-activation.js';
import { blockedConcat } from './blocked-concat.js';
import { blockedConvolution } from './blocked-convolution.js';
import { cancelBlocking } from './cancel-blocking.js';
import { composedShortcut } from './composed-shortcut.js';
import { denseMotionInput } from './dense-motion-input.js';
import { maskMotion } from './mask-motion.js';
import { masked } from './masked.js';
import { occlusion } from './occlusion.js';
import { picture } from './picture.js';
import { pooling } from './pooling.js';
import { sampleVolume } from './sample-volume.js';
import { sharedOperators } from './shared-operators.js';
import { spade } from './spade.js';
import { tokenAttention } from './token-attention.js';
import { tokenResidual } from './token-residual.js';
import { tokenStack } from './token-stack.js';
import { upsampledConvolution } from './upsampled-convolution.js';

/** The passes, in their order: a pass for a larger pattern comes before passes for its parts. */
export const PASSES: readonly Pass[] = [
  denseMotionInput,
  maskMotion,
  occlusion,
  sampleVolume,
  composedShortcut,
  spade,
  upsampledConvolution,
  blockedConvolution,
  pooling,
  blockedConcat,
  blockedActivation,
  cancelBlocking,
  tokenResidual,
  tokenAttention,
  tokenStack,
  sharedOperators,
];

/** Those of fp16, whose operators are kinds of operations of a plan. */
export const HALF_PASSES: readonly Pass[] = [
  denseMotionInput,
  maskMotion,
  occlusion,
  sampleVolume,
  composedShortcut,
  spade,
  upsampledConvolution,
  blockedConvolution,
  pooling,
  blockedConcat,
  picture,
  masked,
  cancelBlocking,
  sharedOperators,
];
