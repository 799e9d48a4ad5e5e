import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Talker, type TraceTensor } from 'kdtalker';
import t, { type Test } from 'tap';
import { kdtalkerManifest } from '../dist/packs/kdtalker/manifest.js';
import { NETWORKS, type NetworkName } from '../dist/packs/kdtalker/networks.js';
import { Graph, type WrittenModel, writeModel } from '../dist/packs/onnx/index.js';
import { parseManifest } from '../dist/packs/pack.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import { golden, goldenFile } from './support/golden.js';
import { GOLDEN_SALT, near, temporaryFolder } from './support/networks.js';

/** The networks from picture and sound to motion, at their full size. */
const DRIVER = ['motion', 'audio', 'condition', 'time', 'denoiser'] as const;

type Shapes = Record<string, number[]>;

/** A graph that returns zeros, for networks that do not affect motion. */
function zeros(name: string, inputs: Shapes, outputs: Shapes): Graph {
  const g = new Graph(name);
  for (const [input, dims] of Object.entries(inputs)) g.input(input, 'float32', dims);
  for (const [output, dims] of Object.entries(outputs))
    g.output(output, g.op('Expand', [g.scalar(0), g.ints(dims)]), 'float32', dims);
  return g;
}

const VOLUME = [1, 1, 1, 64, 64];
const KEYPOINTS = { x_s: [1, 21, 3], x_d: [1, 21, 3] };
const RENDERER: Partial<Record<NetworkName, Graph>> = {
  appearance: zeros('appearance', { img: [1, 3, 256, 256] }, { f_s: VOLUME }),
  warp: zeros(
    'warp',
    { f_s: VOLUME, ...KEYPOINTS },
    { warped: [1, 1, 64, 64], deformation: [1, 1, 64, 64, 3], occlusion: [1, 1, 64, 64] },
  ),
  decode: zeros('decode', { feature: [1, 1, 64, 64] }, { out: [1, 3, 512, 512] }),
};

/** The folder of a pack with the published driver by formula, and without a renderer. */
async function driverPack(t: Test): Promise<string> {
  const directory = temporaryFolder(t);
  const weights = formulaWeights(GOLDEN_SALT);
  const graphs = [
    ...DRIVER.map((name) => [name, NETWORKS[name](weights)] as const),
    ...(Object.entries(RENDERER) as [NetworkName, Graph][]),
  ];
  const models = new Map<NetworkName, WrittenModel>();
  for (const [name, graph] of graphs) models.set(name, await writeModel(graph, directory, `${name}.onnx`));
  const licence = { name: 'MIT', nonCommercial: false };
  const identity = { name: 'driver', version: '1.0.0', description: 'for tests', licence };
  const manifest = parseManifest(kdtalkerManifest(identity, models), directory);
  writeFileSync(join(directory, 'pack.json'), JSON.stringify(manifest));
  return directory;
}

const NOTHING = { uploads: 0, uploadBytes: 0, downloads: 0, downloadBytes: 0 };

t.test('the driver follows the reference through all windows, and no step comes to the host', async (t) => {
  const [audio, driver] = [golden('audio.safetensors'), golden('driver.safetensors')];
  const talker = await Talker.load(await driverPack(t), { device: 'guarded' });
  t.teardown(() => talker.close());
  const pack = talker.counters().pack;
  const speech = { samples: audio.samples!.data, sampleRate: 16000 };
  const options = { noise: driver.noise!, portrait: { crop: 'none' as const } };
  const { tensors } = await talker.trace(goldenFile('portrait_256.png'), speech, options);
  const compare = (expected: Readonly<Record<string, TraceTensor>>, name: string, tolerance: number) => {
    t.same(tensors[name]!.dims, expected[name]!.dims, `${name}: shape`);
    near(t, tensors[name]!.data, expected[name]!.data, tolerance, name);
  };
  compare(audio, 'mel', 1e-4);
  for (const name of ['canonical', 'ref_frame']) compare(driver, name, 1e-4);
  for (const name of ['motion_normalised', 'x_d', 'x_d_relative']) compare(driver, name, 1e-3);

  const { picture, spectrogram, motion, pack: later } = talker.counters();
  t.match({ picture, spectrogram }, { picture: { uploads: 1 }, spectrogram: { uploads: 1 } });
  t.same(motion, NOTHING);
  t.same(later, pack, 'the table of times is made on the device');
});
