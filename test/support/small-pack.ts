import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graph, type Value } from '../../dist/packs/onnx/index.js';
import { conv } from './layers.js';

const PUPPET = fileURLToPath(new URL('../../dist/built-in/puppet', import.meta.url));

/**
 * A copy of the puppet in `folder` whose renderer has convolutions that are lowered; one of them depends only on the portrait. Adds the
 * given number of large ones, of 2.4 MB each, for tests in which lowering has to take a while.
 */
export function smallPack(folder: string, large = 0): string {
  return packDrawnBy(folder, renderer(large), 'small');
}

/** A copy of the puppet in `folder` whose renderer is this network, with the tensors of {@link renderer}. */
export function packDrawnBy(folder: string, graph: Graph, name: string): string {
  cpSync(PUPPET, folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8'));
  const { render } = manifest.roles;
  const bytes = graph.toBytes();
  writeFileSync(join(folder, render.file), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  Object.assign(render, { bytes: bytes.length, sha256, outputs: { image: 'out' }, fingerprint: undefined });
  writeFileSync(join(folder, 'pack.json'), JSON.stringify({ ...manifest, name }));
  return folder;
}

/** The picture in 32 x 32 through three convolutions, shifted by where the keypoints are, drawn large again. */
function renderer(large: number): Graph {
  const g = new Graph('small');
  const dims = [1, 3, 512, 512];
  const picture = g.input('f_s', 'float32', dims);
  const source = g.input('x_s', 'float32', [1, 21, 3]);
  const driving = g.input('x_d', 'float32', [1, 21, 3]);
  const small = g.op('AveragePool', [picture], { kernel_shape: [16, 16], strides: [16, 16] });
  const features = conv(g, conv(g, small, [16, 3, 3, 3], 'first').relu(), [32, 16, 3, 3], 'second').relu();
  const moved = features.add(driving.sub(source).mean([1, 2]).reshape(1, 1, 1, 1));
  const between = large === 0 ? moved : through(g, moved, large);
  const drawn = conv(g, conv(g, between, [16, 32, 3, 3], 'third').relu(), [3, 16, 3, 3], 'last');
  g.output('out', drawn.sigmoid().resize(512, 512), 'float32', dims);
  return g;
}

/** Expands to 256 channels, applies the given number of convolutions, and reduces to 32 channels. */
function through(g: Graph, x: Value, count: number): Value {
  let wide = conv(g, x, [256, 32, 1, 1], 'widen');
  for (let i = 0; i < count; i++) wide = conv(g, wide, [256, 256, 3, 3], `large${i}`).relu();
  return conv(g, wide, [32, 256, 1, 1], 'narrow');
}
