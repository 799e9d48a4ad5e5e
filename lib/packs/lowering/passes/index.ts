import type { Pass } from '../pass.js';
import { blockedConvolution } from './blocked-convolution.js';
import { cancelRepacking } from './cancel-repacking.js';

/** The passes, in their order: what covers more comes before what covers a part of it. */
export const PASSES: readonly Pass[] = [blockedConvolution, cancelRepacking];
