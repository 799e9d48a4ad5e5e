/** What a denoiser is built of. Checkpoints of our training say it in their options; the released one is {@link RELEASED}. */
export interface DenoiserShape {
  /** Width of a token, a multiple of 64: a head takes 64. */
  dim: number;
  /** Number of layers, each of two residual blocks and an attention. */
  depth: number;
  /** Frames of a window in training. */
  window: number;
  /** The canonical keypoints: a token of them, a token of zeros, or no token. */
  canonical: 'token' | 'zero' | 'none';
  /** Whether frames see each other. */
  attention: 'full' | 'none';
  /** Whether queries and keys turn with their positions. */
  rotary: 'full' | 'none';
  /** Whether a learned number for each distance is added to their products. */
  bias: 'full' | 'none';
}

/** The published network. */
export const RELEASED: DenoiserShape = {
  dim: 768,
  depth: 6,
  window: 64,
  canonical: 'token',
  attention: 'full',
  rotary: 'full',
  bias: 'full',
};

/** Width of a head. */
export const HEAD = 64;

/** Number of heads. */
export const headsOf = ({ dim }: DenoiserShape) => dim / HEAD;

/** How many of a head's numbers turn with the position, an even number. */
export const turningOf = (shape: DenoiserShape) =>
  shape.rotary === 'full' ? 2 * Math.floor(Math.min(32, headsOf(shape)) / 2) : 0;

/** Tokens before the frames of a window: the canonical keypoints and the reference frame. */
export const prefixOf = ({ canonical }: DenoiserShape) => (canonical === 'none' ? 1 : 2);

/** Residual blocks that the condition goes to, each as scale and shift of a token. */
export const conditionedOf = ({ depth }: DenoiserShape) =>
  Array.from({ length: 2 * depth }, (_, i) => `layers.${i >> 1}.${i % 2}`);

/** Numbers of a frame's condition. */
export const conditionSize = (shape: DenoiserShape) => conditionedOf(shape).length * 2 * shape.dim;
