import { Graph, type Value } from '../onnx/index.js';
import { under, type Weights } from '../weights/weights.js';
import { type Build, type ConvolutionShape, normalisedConvolution } from './layers.js';

/** Width of an audio feature. */
export const AUDIO_FEATURE = 512;

interface Block extends ConvolutionShape {
  residual?: boolean;
}

const residual = (width: number): Block => ({ from: width, to: width, kernel: [3, 3], residual: true });
const change = (from: number, to: number, stride: [number, number]): Block => ({
  from,
  to,
  kernel: [3, 3],
  stride,
});

const BLOCKS: readonly Block[] = [
  change(1, 32, [1, 1]),
  residual(32),
  residual(32),
  change(32, 64, [3, 1]),
  residual(64),
  residual(64),
  change(64, 128, [3, 3]),
  residual(128),
  residual(128),
  change(128, 256, [3, 2]),
  residual(256),
  { ...change(256, 512, [1, 1]), padding: 0 },
  { from: 512, to: AUDIO_FEATURE, kernel: [1, 1] },
];

/** Wav2Lip's audio encoder computes feature [n, 512] from windows of the spectrogram, mel [n, 1, 80, 16] (docs/model.md 2). */
export function audioGraph(weights: Weights): Graph {
  const g = new Graph('audio', { description: "Wav2Lip's audio encoder" });
  const b: Build = { g, weights: under(weights, 'audio_encoder.') };
  const mel = g.input('mel', 'float32', ['n', 1, 80, 16]);
  const encoded = BLOCKS.reduce<Value>((x, shape, i) => block(b, i, x, shape), mel);
  g.output('feature', encoded.reshape(-1, AUDIO_FEATURE), 'float32', ['n', AUDIO_FEATURE]);
  return g;
}

function block(b: Build, index: number, x: Value, shape: Block): Value {
  const keys = { conv: `${index}.conv_block.0`, norm: `${index}.conv_block.1` };
  const y = b.g.scope(`${index}`, () => normalisedConvolution(b, keys, x, shape));
  return (shape.residual ? y.add(x) : y).relu();
}
