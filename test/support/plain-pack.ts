import { Graph } from '../../dist/packs/onnx/index.js';
import { puppetPack } from '../../dist/packs/puppet/pack.js';
import { writePack } from '../../dist/packs/write.js';

const SIDE = 512;
const SMALL = 256;

/** The networks of the puppet that this pack replaces. */
export interface PlainNetworks {
  /** The content of every frame: `'crop'` is the portrait's unmodified crop; otherwise these pixels, RGB24. */
  render?: 'crop' | Uint8Array;
  /** The motion network reads yaw from the picture: 40 times the mean of its red, minus 20; the rest is the puppet's. */
  readsYaw?: boolean;
  /**
   * The networks of a made world: the picture shows ten causes as grey cells, 4 in a row, and the motion network mixes them into motion; the
   * first alone moves the lower lip. The audio encoder mixes ten bands of the sound into 512 features and cuts them at 0.
   */
  world?: boolean;
}

/** Place of the lower lip's y in the 63 numbers of the expression. */
export const LIP = 3 * 20 + 1;

/** Writes a pack whose frames are known beforehand, for tests of what happens around the networks. @returns its folder */
export async function plainPack(folder: string, { render, readsYaw, world }: PlainNetworks): Promise<string> {
  const pack = puppetPack();
  if (render)
    Object.assign(pack.roles.render!, { model: renderGraph(render).toBytes(), outputs: { image: 'out' } });
  if (readsYaw) pack.roles.motion!.model = motionGraph().toBytes();
  if (world) {
    pack.roles.motion!.model = mixedMotionGraph().toBytes();
    pack.roles.audio!.model = mixedAudioGraph().toBytes();
  }
  await writePack(folder, { ...pack, frame: undefined, name: 'plain' }); // crops, and the published mask
  return folder;
}

function renderGraph(render: 'crop' | Uint8Array): Graph {
  const g = new Graph('plain_renderer');
  const dims = [1, 3, SIDE, SIDE];
  const feature = g.input('f_s', 'float32', dims);
  g.input('x_s', 'float32', [1, 21, 3]);
  g.input('x_d', 'float32', [1, 21, 3]);
  // A quarter of a level more, so that truncation gives the level back.
  const quarter = 0.25 / 255;
  const image = render === 'crop' ? feature.add(quarter) : g.constant('picture', planes(render), dims);
  g.output('out', image, 'float32', dims);
  return g;
}

function planes(pixels: Uint8Array): Float32Array {
  const size = SIDE * SIDE;
  return Float32Array.from(
    { length: 3 * size },
    (_, i) => (pixels[3 * (i % size) + Math.floor(i / size)]! + 0.25) / 255,
  );
}

function mixedAudioGraph(): Graph {
  const g = new Graph('mixed_audio');
  const mel = g.input('mel', 'float32', ['n', 1, 80, 16]);
  const bands = mel.slice(3, 6, 11).mean([3]).reshape(-1, 10, 8).mean([2]).reshape(-1, 10);
  const mixture = Float32Array.from({ length: 10 * 512 }, (_, i) => Math.sin(1 + 7.3 * i + 0.01 * i * i));
  const mixed = bands
    .add(3.3)
    .mul(1.2)
    .matmul(g.constant('mixture', mixture, [10, 512]));
  g.output('feature', mixed.relu(), 'float32', ['n', 512]);
  return g;
}

/** Gains of the ten causes for `width` numbers. */
const gainsOf = (width: number, gain: (cause: number, number: number) => number) =>
  Float32Array.from({ length: 10 * width }, (_, i) => gain(Math.floor(i / width), i % width));

function mixedMotionGraph(): Graph {
  const g = new Graph('mixed_motion');
  const image = g.input('img', 'float32', [1, 3, SMALL, SMALL]);
  const grey = image.mean([1]).reshape(1, 1, SMALL, SMALL);
  const cells = g.op('AveragePool', [grey], { kernel_shape: [64, 64], strides: [64, 64] });
  const causes = cells.reshape(1, 16).slice(1, 0, 10).sub(0.47);
  const mixed = (
    name: string,
    width: number,
    dims: number[],
    gain: (cause: number, number: number) => number,
  ) => {
    const gains = g.constant(`${name}_gains`, gainsOf(width, gain), [10, width]);
    g.output(name, causes.matmul(gains).reshape(...dims), 'float32', dims);
  };
  const wave = (cause: number, number: number) => Math.sin(1 + 2.3 * cause + 5.1 * number + cause * number);
  const lip = (cause: number) => (cause === 0 ? 0.1 : 0);
  mixed('exp', 63, [1, 21, 3], (cause, number) => (number === LIP ? lip(cause) : 0.05 * wave(cause, number)));
  for (const [i, angle] of ['yaw', 'pitch', 'roll'].entries())
    mixed(angle, 1, [1, 1], (cause) => 10 * wave(cause, 70 + i));
  mixed('t', 3, [1, 3], (cause, number) => 0.05 * wave(cause, 80 + number));
  g.output('scale', g.constant('rest_scale', Float32Array.of(1), [1, 1]), 'float32', [1, 1]);
  g.output('kp', g.constant('rest_kp', new Float32Array(63).fill(0.1), [1, 21, 3]), 'float32', [1, 21, 3]);
  return g;
}

function motionGraph(): Graph {
  const g = new Graph('plain_motion');
  const image = g.input('img', 'float32', [1, 3, SMALL, SMALL]);
  const red = image.slice(1, 0, 1).mean([1, 2, 3]).reshape(1, 1);
  g.output('yaw', red.mul(40).sub(20), 'float32', [1, 1]);
  const constant = (name: string, dims: number[], value: number) => {
    const size = dims.reduce((a, b) => a * b, 1);
    g.output(name, g.constant(`rest_${name}`, new Float32Array(size).fill(value), dims), 'float32', dims);
  };
  for (const angle of ['pitch', 'roll']) constant(angle, [1, 1], 0);
  constant('t', [1, 3], 0);
  constant('exp', [1, 21, 3], 0);
  constant('scale', [1, 1], 1);
  constant('kp', [1, 21, 3], 0.1);
  return g;
}
