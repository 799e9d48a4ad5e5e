import t from 'tap';
import { PASSES } from '../dist/packs/lowering/passes/index.js';
import { sampledAt } from '../dist/packs/networks/dense-motion.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { conv } from './support/layers.js';
import { engineAsPlain, lowerBuilt, staysPlain } from './support/lowered.js';
import { bentGrid, volumeDims, waveVolume } from './support/volume.js';

const CHANNELS = 32;
const FLAT = 16 * CHANNELS;

function graph(
  build: (volume: Value, grid: Value) => Value,
  dims: number[],
  depth = 16,
  channels = CHANNELS,
): Graph {
  const g = new Graph('sampled');
  const volume = g.input('f_s', 'float32', volumeDims(channels));
  g.output('y', build(volume, g.input('grid', 'float32', [1, depth, 64, 64, 3])), 'float32', dims);
  return g;
}

const flat = (volume: Value, grid: Value) => sampledAt(volume, grid).reshape(1, FLAT, 64, 64);
const feeds = { f_s: waveVolume(CHANNELS), grid: bentGrid() };

t.test('a sampled volume whose depth becomes channels, in float32 whatever the precision', async (t) => {
  const g = graph(flat, [1, FLAT, 64, 64]);
  const { operators } = await lowerBuilt(t, g, PASSES);
  t.strictSame(operators, { 'kdtalker:CellsFirst': 1, 'kdtalker:SampleVolume': 1, 'kdtalker:Unblock': 1 });
  await engineAsPlain(t, g, feeds, { fp32: 1e-5, bf16: 1e-5 });
});

t.test('a convolution takes the samples as they are', async (t) => {
  const drawn = (volume: Value, grid: Value) =>
    conv(volume.graph, flat(volume, grid), [16, FLAT, 3, 3], 'third').relu();
  const g = graph(drawn, [1, 16, 64, 64]);
  const { operators } = await lowerBuilt(t, g, PASSES);
  t.strictSame(operators, {
    'kdtalker:CellsFirst': 1,
    'kdtalker:SampleVolume': 1,
    'kdtalker:Conv': 1,
    'kdtalker:Unblock': 1,
  });
  await engineAsPlain(t, g, feeds, { fp32: 1e-5, bf16: 1e-5 });
});

t.test('what is only similar stays', async (t) => {
  const sampling = (attributes: Record<string, string | number>) => (volume: Value, grid: Value) => {
    const defaults = { mode: 'linear', padding_mode: 'zeros', align_corners: 0 };
    return volume.graph
      .op('GridSample', [volume, grid], { ...defaults, ...attributes })
      .reshape(1, FLAT, 64, 64);
  };
  const cases = [{ mode: 'nearest' }, { padding_mode: 'border' }, { align_corners: 1 }];
  for (const each of cases)
    await staysPlain(t, graph(sampling(each), [1, FLAT, 64, 64]), JSON.stringify(each));
  const shallow = (volume: Value, grid: Value) => sampledAt(volume, grid).reshape(1, FLAT / 2, 64, 64);
  await staysPlain(t, graph(shallow, [1, FLAT / 2, 64, 64], 8), 'half of the depth');
  await staysPlain(t, graph(sampledAt, volumeDims(CHANNELS)), 'a volume that stays one');
  const narrow = (volume: Value, grid: Value) => sampledAt(volume, grid).reshape(1, 16 * 16, 64, 64);
  await staysPlain(t, graph(narrow, [1, 16 * 16, 64, 64], 16, 16), 'fewer channels');
});
