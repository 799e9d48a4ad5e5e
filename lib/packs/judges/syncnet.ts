import type { Build } from '../networks/layers.js';
import { type Attributes, Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { convolvedNormalised, dense, type JudgeConvolution, maxPool } from './layers.js';

/** A convolution, its index in the checkpoint, and the pooling after it. */
interface Stage extends JudgeConvolution {
  index: number;
  pool?: { kernel: readonly number[]; stride: readonly number[]; padding?: readonly number[] };
}

const FRAME_POOL = { kernel: [1, 3, 3], stride: [1, 2, 2] };
const FLAT = { kernel: [1, 3, 3], padding: [0, 1, 1] };

const LIP: readonly Stage[] = [
  { index: 0, from: 3, to: 96, kernel: [5, 7, 7], stride: [1, 2, 2], pool: FRAME_POOL },
  {
    index: 4,
    from: 96,
    to: 256,
    kernel: [1, 5, 5],
    stride: [1, 2, 2],
    padding: [0, 1, 1],
    pool: { ...FRAME_POOL, padding: [0, 1, 1] },
  },
  { index: 8, from: 256, to: 256, ...FLAT },
  { index: 11, from: 256, to: 256, ...FLAT },
  { index: 14, from: 256, to: 256, ...FLAT, pool: FRAME_POOL },
  { index: 18, from: 256, to: 512, kernel: [1, 6, 6] },
];

const SAME = { kernel: [3, 3], padding: [1, 1] };

/** The pool of one value after the first convolution does nothing. */
const AUDIO: readonly Stage[] = [
  { index: 0, from: 1, to: 64, ...SAME },
  { index: 4, from: 64, to: 192, ...SAME, pool: { kernel: [3, 3], stride: [1, 2] } },
  { index: 8, from: 192, to: 384, ...SAME },
  { index: 11, from: 384, to: 256, ...SAME },
  { index: 14, from: 256, to: 256, ...SAME, pool: { kernel: [3, 3], stride: [2, 2] } },
  { index: 18, from: 256, to: 512, kernel: [5, 4] },
];

/** SyncNet's eye: five frames [n, 3, 5, 224, 224], blue, green, red of 0..255, to `visual` [n, 1024]. */
export function syncnetVisualGraph(weights: Weights): Graph {
  const g = new Graph('syncnet_visual', { description: "SyncNet's network for pictures" });
  const x = g.input('frames', 'float32', ['n', 3, 5, 224, 224]);
  g.output('visual', embedded({ g, weights }, 'lip', x, LIP), 'float32', ['n', 1024]);
  return g;
}

/** SyncNet's ear: a fifth of a second of cepstral coefficients [n, 1, 13, 20] to `audio` [n, 1024]. */
export function syncnetAudioGraph(weights: Weights): Graph {
  const g = new Graph('syncnet_audio', { description: "SyncNet's network for sound" });
  const x = g.input('mfcc', 'float32', ['n', 1, 13, 20]);
  g.output('audio', embedded({ g, weights }, 'aud', x, AUDIO), 'float32', ['n', 1024]);
  return g;
}

function embedded(b: Build, name: 'lip' | 'aud', input: Value, stages: readonly Stage[]): Value {
  let x = input;
  for (const { index, pool, ...shape } of stages) {
    const keys = { conv: `netcnn${name}.${index}`, norm: `netcnn${name}.${index + 1}` };
    x = convolvedNormalised(b, keys, x, shape).relu();
    if (pool) x = maxPool(b, x, pool.kernel, pool.stride, paddingOf(pool.padding));
  }
  const head = `netfc${name}`;
  const hidden = dense(b, `${head}.0`, x.reshape(-1, 512), { from: 512, to: 512, norm: `${head}.1` });
  return dense(b, `${head}.3`, hidden.relu(), { from: 512, to: 1024 });
}

function paddingOf(padding: readonly number[] | undefined): Attributes {
  return padding ? { pads: [...padding, ...padding] } : {};
}
