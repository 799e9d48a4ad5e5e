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
  /** It reads the lower lip too: 0.001 times the mean of its red, in levels, is how far the lip goes down. */
  readsLips?: boolean;
}

/** Place of the lower lip's y in the 63 numbers of the expression. */
export const LIP = 3 * 20 + 1;

/** Writes a pack whose frames are known beforehand, for tests of what happens around the networks. @returns its folder */
export async function plainPack(
  folder: string,
  { render, readsYaw, readsLips }: PlainNetworks,
): Promise<string> {
  const pack = puppetPack();
  if (render) pack.roles.render!.model = renderGraph(render).toBytes();
  if (readsYaw || readsLips) pack.roles.motion!.model = motionGraph(readsLips).toBytes();
  await writePack(folder, { ...pack, name: 'plain' });
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

function motionGraph(readsLips = false): Graph {
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
  if (readsLips) {
    const lip = g.op('Pad', [red.mul(0.255), g.ints([0, LIP, 0, 62 - LIP])]);
    g.output('exp', lip.reshape(1, 21, 3), 'float32', [1, 21, 3]);
  } else constant('exp', [1, 21, 3], 0);
  constant('scale', [1, 1], 1);
  constant('kp', [1, 21, 3], 0.1);
  return g;
}
