/** The shape of a denoiser. Checkpoints of our own training store it in their options; the released network has {@link RELEASED}. */
export interface DenoiserShape {
  /** Width of a token, a multiple of 64, the width of a head. */
  dim: number;
  /** Number of layers; each has two residual blocks and an attention. */
  depth: number;
  /** Frames of a window in training. */
  window: number;
  /** How the canonical keypoints enter: as a token, as a token of zeros, or not at all. */
  canonical: 'token' | 'zero' | 'none';
  /** Whether frames attend to each other. */
  attention: 'full' | 'none';
  /** Whether queries and keys are rotated by their positions. */
  rotary: 'full' | 'none';
  /** Whether a learned bias for each distance is added to the attention scores. */
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

/** How many numbers of a head are rotated by the position; even. */
export const turningOf = (shape: DenoiserShape) =>
  shape.rotary === 'full' ? 2 * Math.floor(Math.min(32, headsOf(shape)) / 2) : 0;

/** Tokens before the frames of a window: the canonical keypoints and the reference frame. */
export const prefixOf = ({ canonical }: DenoiserShape) => (canonical === 'none' ? 1 : 2);

/** Number of residual blocks whose tokens the condition scales and shifts. */
export const conditionedOf = ({ depth }: DenoiserShape) =>
  Array.from({ length: 2 * depth }, (_, i) => `layers.${i >> 1}.${i % 2}`);

/** Numbers of a frame's condition. */
export const conditionSize = (shape: DenoiserShape) => conditionedOf(shape).length * 2 * shape.dim;
