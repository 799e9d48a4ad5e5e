import type { Build } from '../networks/layers.js';
import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { convolvedNormalised, maxPool } from './layers.js';

const SIDE = 299;
const FEATURES = 2048;
const EPSILON = 1e-3;

/** One convolution of a branch: key, width, kernel, and what differs from a stride of 1 that keeps the size. */
type Step = readonly [key: string, to: number, kernel: readonly [number, number], stride?: 2];

/**
 * Inception v3 as FID uses it: pictures [n, 3, h, w] of 0..1 are resized to 299x299, and `pool3` [n, 2048] comes out. Average pools do not
 * count padding; the last block pools by maximum.
 */
export function inceptionGraph(weights: Weights): Graph {
  const g = new Graph('inception', { description: "FID's Inception v3" });
  const b: Build = { g, weights };
  const resized = g
    .input('picture', 'float32', ['n', 3, 'h', 'w'])
    .resize(SIDE, SIDE, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' });
  const x = blocks(b, stem(b, resized.mul(2).sub(1)));
  g.output('pool3', x.mean([2, 3], false), 'float32', ['n', FEATURES]);
  return g;
}

/** Convolutions up to the first block; only one of them pads its input. */
function stem(b: Build, picture: Value): Value {
  const valid = { padding: [0, 0] };
  let x = unit(b, 'Conv2d_1a_3x3', picture, { from: 3, to: 32, kernel: [3, 3], stride: [2, 2], ...valid });
  x = unit(b, 'Conv2d_2a_3x3', x, { from: 32, to: 32, kernel: [3, 3], ...valid });
  x = unit(b, 'Conv2d_2b_3x3', x, { from: 32, to: 64, kernel: [3, 3], padding: [1, 1] });
  x = maxPool(b, x, [3, 3], [2, 2]);
  x = unit(b, 'Conv2d_3b_1x1', x, { from: 64, to: 80, kernel: [1, 1], ...valid });
  x = unit(b, 'Conv2d_4a_3x3', x, { from: 80, to: 192, kernel: [3, 3], ...valid });
  return maxPool(b, x, [3, 3], [2, 2]);
}

function blocks(b: Build, input: Value): Value {
  let x = input;
  for (const [name, from, pool] of [
    ['Mixed_5b', 192, 32],
    ['Mixed_5c', 256, 64],
    ['Mixed_5d', 288, 64],
  ] as const)
    x = blockA(b, name, x, from, pool);
  x = blockB(b, 'Mixed_6a', x);
  for (const [name, width] of [
    ['Mixed_6b', 128],
    ['Mixed_6c', 160],
    ['Mixed_6d', 160],
    ['Mixed_6e', 192],
  ] as const)
    x = blockC(b, name, x, width);
  x = blockD(b, 'Mixed_7a', x);
  x = blockE(b, 'Mixed_7b', x, 1280, averaged);
  return blockE(b, 'Mixed_7c', x, FEATURES, (from, value) => maxPool(from, value, [3, 3], [1, 1], AROUND));
}

const AROUND = { pads: [1, 1, 1, 1] };

function averaged({ g }: Build, x: Value): Value {
  return g.op('AveragePool', [x], { kernel_shape: [3, 3], strides: [1, 1], ...AROUND, count_include_pad: 0 });
}

function blockA(b: Build, name: string, x: Value, from: number, pool: number): Value {
  return b.g.concat(1, [
    branch(b, name, x, from, [['1x1', 64, [1, 1]]]),
    branch(b, name, x, from, [
      ['5x5_1', 48, [1, 1]],
      ['5x5_2', 64, [5, 5]],
    ]),
    branch(b, name, x, from, [
      ['3x3dbl_1', 64, [1, 1]],
      ['3x3dbl_2', 96, [3, 3]],
      ['3x3dbl_3', 96, [3, 3]],
    ]),
    branch(b, name, averaged(b, x), from, [['_pool', pool, [1, 1]]]),
  ]);
}

function blockB(b: Build, name: string, x: Value): Value {
  return b.g.concat(1, [
    branch(b, name, x, 288, [['3x3', 384, [3, 3], 2]]),
    branch(b, name, x, 288, [
      ['3x3dbl_1', 64, [1, 1]],
      ['3x3dbl_2', 96, [3, 3]],
      ['3x3dbl_3', 96, [3, 3], 2],
    ]),
    maxPool(b, x, [3, 3], [2, 2]),
  ]);
}

function blockC(b: Build, name: string, x: Value, width: number): Value {
  return b.g.concat(1, [
    branch(b, name, x, 768, [['1x1', 192, [1, 1]]]),
    branch(b, name, x, 768, [
      ['7x7_1', width, [1, 1]],
      ['7x7_2', width, [1, 7]],
      ['7x7_3', 192, [7, 1]],
    ]),
    branch(b, name, x, 768, [
      ['7x7dbl_1', width, [1, 1]],
      ['7x7dbl_2', width, [7, 1]],
      ['7x7dbl_3', width, [1, 7]],
      ['7x7dbl_4', width, [7, 1]],
      ['7x7dbl_5', 192, [1, 7]],
    ]),
    branch(b, name, averaged(b, x), 768, [['_pool', 192, [1, 1]]]),
  ]);
}

function blockD(b: Build, name: string, x: Value): Value {
  return b.g.concat(1, [
    branch(b, name, x, 768, [
      ['3x3_1', 192, [1, 1]],
      ['3x3_2', 320, [3, 3], 2],
    ]),
    branch(b, name, x, 768, [
      ['7x7x3_1', 192, [1, 1]],
      ['7x7x3_2', 192, [1, 7]],
      ['7x7x3_3', 192, [7, 1]],
      ['7x7x3_4', 192, [3, 3], 2],
    ]),
    maxPool(b, x, [3, 3], [2, 2]),
  ]);
}

function blockE(b: Build, name: string, x: Value, from: number, pool: (b: Build, x: Value) => Value): Value {
  const short = branch(b, name, x, from, [['3x3_1', 384, [1, 1]]]);
  const long = branch(b, name, x, from, [
    ['3x3dbl_1', 448, [1, 1]],
    ['3x3dbl_2', 384, [3, 3]],
  ]);
  const fork = (value: Value, key: string) => [
    branch(b, name, value, 384, [[`${key}a`, 384, [1, 3]]]),
    branch(b, name, value, 384, [[`${key}b`, 384, [3, 1]]]),
  ];
  return b.g.concat(1, [
    branch(b, name, x, from, [['1x1', 320, [1, 1]]]),
    ...fork(short, '3x3_2'),
    ...fork(long, '3x3dbl_3'),
    branch(b, name, pool(b, x), from, [['_pool', 192, [1, 1]]]),
  ]);
}

/** A stride of 2 goes without padding; other convolutions keep the size. */
function branch(b: Build, block: string, input: Value, from: number, steps: readonly Step[]): Value {
  let [x, width] = [input, from];
  for (const [key, to, kernel, stride] of steps) {
    const padding = stride ? [0, 0] : kernel.map((length) => (length - 1) / 2);
    const shape = { from: width, to, kernel, padding, ...(stride && { stride: [stride, stride] }) };
    x = unit(b, `${block}.branch${key}`, x, shape);
    width = to;
  }
  return x;
}

function unit(b: Build, key: string, x: Value, shape: Parameters<typeof convolvedNormalised>[3]): Value {
  const keys = { conv: `${key}.conv`, norm: `${key}.bn`, epsilon: EPSILON };
  return convolvedNormalised(b, keys, x, { ...shape, bias: false }).relu();
}
