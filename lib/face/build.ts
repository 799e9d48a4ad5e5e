import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { sha256 as hashOf } from '../files/hash.js';
import { Graph } from '../packs/onnx/index.js';
import { FACES_FILE, type FacesManifest } from './manifest.js';
import { TfConversion } from './tfjs/convert.js';
import { readTfModel } from './tfjs/model.js';

const SOURCE = '@vladmandic/human';
const require = createRequire(import.meta.url);

/** The folder of a package; works even when its `exports` do not include package.json. */
function packageFolder(name: string): string {
  const entry = require.resolve(name);
  const folder = join('node_modules', ...name.split('/'));
  return entry.slice(0, entry.lastIndexOf(folder) + folder.length);
}

/**
 * The detector: image [1, 3, 256, 256] in -1..1 -> scores [896] in 0..1 and boxes [896, 16] in pixels,
 * both in the order of the anchors: first the 512 of the fine grid, then the 384 of the coarse one.
 */
function detectorGraph(folder: string): Graph {
  const graph = new Graph('detector', { description: 'MediaPipe BlazeFace, back camera' });
  const conversion = new TfConversion(graph, readTfModel(join(folder, 'blazeface.json')));
  const part = (name: string, width: number) => conversion.output(name).value.reshape(-1, width);
  const scores = graph.concat(0, [part('Identity', 1), part('Identity_1', 1)]);
  const boxes = graph.concat(0, [part('Identity_2', 16), part('Identity_3', 16)]);
  graph.output('scores', scores.reshape(-1).sigmoid(), 'float32', [896]);
  graph.output('boxes', boxes, 'float32', [896, 16]);
  return graph;
}

/** The mesh: image [1, 3, 192, 192] in 0..1 -> points [468, 3] in pixels and presence [1] in 0..1. */
function meshGraph(folder: string): Graph {
  const graph = new Graph('mesh', { description: 'MediaPipe Face Mesh' });
  const conversion = new TfConversion(graph, readTfModel(join(folder, 'facemesh.json')));
  graph.output('points', conversion.output('Identity_2').value.reshape(468, 3), 'float32', [468, 3]);
  graph.output('presence', conversion.output('Identity_1').value.reshape(1), 'float32', [1]);
  return graph;
}

function licenceText(folder: string): string {
  // Any package under the Apache licence carries its text; sharp is one of this library's own dependencies.
  const apache = readFileSync(join(packageFolder('sharp'), 'LICENSE'), 'utf8');
  if (!apache.startsWith('Apache License'))
    throw new Error('Expected the Apache licence in the package sharp');
  const mit = readFileSync(join(folder, 'LICENSE'), 'utf8');
  return [
    'detector.onnx and mesh.onnx hold the networks BlazeFace and Face Mesh of MediaPipe, copyright Google LLC,',
    `under the Apache License 2.0. They were converted to ONNX from the files of the npm package ${SOURCE},`,
    'which is under the MIT licence. Both licences follow.\n',
    `${apache}\n\n${mit}`,
  ].join('\n');
}

/**
 * Makes the networks that find faces: detector.onnx, mesh.onnx, faces.json and LICENCE.txt in `outDir`.
 * For builds: the source package is a development dependency, and errors are plain.
 */
export async function buildFaces(outDir: string): Promise<void> {
  const folder = packageFolder(SOURCE);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  mkdirSync(outDir, { recursive: true });
  const write = (file: string, graph: Graph, origin: string) => {
    const bytes = graph.toBytes();
    writeFileSync(join(outDir, file), bytes);
    const sha256 = hashOf(bytes);
    return { file, sha256, bytes: bytes.byteLength, licence: 'Apache-2.0', origin } as const;
  };
  const models = join(folder, 'models');
  const manifest: FacesManifest = {
    format: 1,
    source: { package: SOURCE, version, licence: 'MIT' },
    detector: write('detector.onnx', detectorGraph(models), 'MediaPipe BlazeFace (back camera), Google'),
    mesh: write('mesh.onnx', meshGraph(models), 'MediaPipe Face Mesh, Google'),
  };
  writeFileSync(join(outDir, FACES_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(outDir, 'LICENCE.txt'), licenceText(folder));
}
