/** The codes of elementwise steps, in the order of `StepCode` in native/kernels/plan/map.h. */
const CODES = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'minimum',
  'maximum',
  'clip',
  'leaky',
  'absolute',
  'negate',
  'exponential',
  'squareRoot',
  'hyperbolicTangent',
  'sine',
  'cosine',
  'sigmoid',
  'gelu',
  'square',
] as const;

/** A code of an elementwise step. */
export type StepCode = (typeof CODES)[number];

/** The number of a code in a plan. */
export const codeNumber = (code: StepCode): number => CODES.indexOf(code);

/** Operators of one input. */
export const OF_ONE: Record<string, StepCode> = {
  Abs: 'absolute',
  Neg: 'negate',
  Exp: 'exponential',
  Sqrt: 'squareRoot',
  Tanh: 'hyperbolicTangent',
  Sin: 'sine',
  Cos: 'cosine',
  Sigmoid: 'sigmoid',
};

/** Operators of two inputs; some take more, one after the other. */
export const OF_TWO: Record<string, StepCode> = {
  Add: 'add',
  Sub: 'subtract',
  Mul: 'multiply',
  Div: 'divide',
  Pow: 'power',
  Min: 'minimum',
  Max: 'maximum',
};

/** What the codes compute, for constants; the caller rounds to float32. */
export const COMPUTE_ONE: Partial<Record<StepCode, (x: number) => number>> = {
  absolute: Math.abs,
  negate: (x) => -x,
  exponential: Math.exp,
  squareRoot: Math.sqrt,
  hyperbolicTangent: Math.tanh,
  sine: Math.sin,
  cosine: Math.cos,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

export const COMPUTE_TWO: Partial<Record<StepCode, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
  minimum: Math.min,
  maximum: Math.max,
};
