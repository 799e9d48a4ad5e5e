// The networks of judges, at full size with the golden cases' formula weights: from a released file to the engine, as an evaluation runs them.
import { mfcc } from '../dist/evaluate/sync/mfcc.js';
import { syncDistances, syncScores } from '../dist/evaluate/sync/sync-scores.js';
import { arcfaceGraph } from '../dist/packs/judges/arcface.js';
import { hopenetGraph } from '../dist/packs/judges/hopenet.js';
import { inceptionGraph } from '../dist/packs/judges/inception.js';
import { s3fdGraph } from '../dist/packs/judges/s3fd.js';
import { syncnetAudioGraph, syncnetVisualGraph } from '../dist/packs/judges/syncnet.js';
import type { Graph } from '../dist/packs/onnx/index.js';
import type { Weights } from '../dist/packs/weights/weights.js';
import { evalPicture, evalSamples, evalTensors, goldenCase, rows } from './support/golden-eval.js';
import { goldenWeights, judgeTensors, LISTS, openedJudge, planesOfAll } from './support/judges.js';
import { near } from './support/networks.js';

const UNUSED: Record<string, RegExp> = {
  syncnet: /^$/,
  s3fd: /^$/,
  hopenet: /^fc_finetune/,
  inception: /^fc\./,
  arcface_r50: /^$/,
};

goldenCase('every tensor of the public checkpoints is used, with its shape', [LISTS], async (t) => {
  const graphs: Record<string, readonly ((weights: Weights) => Graph)[]> = {
    syncnet: [syncnetVisualGraph, syncnetAudioGraph],
    s3fd: [s3fdGraph],
    hopenet: [hopenetGraph],
    inception: [inceptionGraph],
    arcface_r50: [arcfaceGraph],
  };
  for (const [name, makes] of Object.entries(graphs)) {
    const used = new Set<string>();
    for (const make of makes) make(goldenWeights(name, used));
    const wanted = judgeTensors(name).filter(
      ({ key }) => !UNUSED[name]!.test(key) && !key.endsWith('num_batches_tracked'),
    );
    t.same([...used].sort(), wanted.map(({ key }) => key).sort(), name);
  }
});

goldenCase("SyncNet's ear", [LISTS, 'syncnet.safetensors', 'clip.wav'], async (t) => {
  const run = await openedJudge(t, 'syncnet', 'audio');
  const columns = mfcc(evalSamples('clip.wav'));
  const wanted = evalTensors('syncnet.safetensors')('audio');
  const windows = Array.from({ length: wanted.dims[0]! }, (_, i) => columns.slice(4 * i, 4 * i + 20));
  const data = windows.flatMap((window) =>
    Array.from({ length: 260 }, (_, at) => window[at % 20]![Math.floor(at / 20)]!),
  );
  const { audio } = await run({ dims: [windows.length, 1, 13, 20], data: Float32Array.from(data) });
  near(t, audio!, wanted.data, 1e-4, 'audio');
});

goldenCase("SyncNet's eye, and LSE of both", [LISTS, 'syncnet.safetensors', 'clip.png'], async (t) => {
  const run = await openedJudge(t, 'syncnet', 'visual');
  const { data } = await evalPicture('clip.png');
  const found: number[] = [];
  const frame = 224 * 224;
  const tensors = evalTensors('syncnet.safetensors');
  for (let first = 0; first < tensors('visual').dims[0]!; first++) {
    const input = new Float32Array(3 * 5 * frame);
    for (let at = 0; at < input.length; at++) {
      const [channel, k, pixel] = [Math.floor(at / (5 * frame)), Math.floor(at / frame) % 5, at % frame];
      input[at] = data[3 * ((first + k) * frame + pixel) + 2 - channel]!;
    }
    found.push(...(await run({ dims: [1, 3, 5, 224, 224], data: input })).visual!);
  }
  near(t, found, tensors('visual').data, 1e-4, 'visual');
  const scores = syncScores(
    syncDistances({ data: found, size: 1024 }, { data: tensors('audio').data, size: 1024 }),
  );
  near(t, [scores.lseC, scores.lseD], [tensors('lse_c').data[0]!, tensors('lse_d').data[0]!], 1e-4, 'LSE');
});

goldenCase('S3FD', [LISTS, 's3fd.safetensors', 's3fd_input.png'], async (t) => {
  const run = await openedJudge(t, 's3fd', 'faces');
  const mean = [123, 117, 104];
  const { loc, conf } = await run(
    planesOfAll([await evalPicture('s3fd_input.png')], (value, c) => value - mean[c]!),
  );
  const tensors = evalTensors('s3fd.safetensors');
  near(t, loc!, tensors('loc').data, 1e-4, 'loc');
  near(t, conf!, tensors('conf').data, 1e-4, 'conf');
});

const numbered = (name: string, numbers: readonly number[]) => numbers.map((i) => `${name}_${i}.png`);
const HOPENET = numbered('hopenet', [0, 1, 2]);
goldenCase('Hopenet', [LISTS, 'hopenet.safetensors', ...HOPENET], async (t) => {
  const run = await openedJudge(t, 'hopenet', 'pose');
  const [mean, deviation] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  const faces = await Promise.all(HOPENET.map(evalPicture));
  const found = await run(planesOfAll(faces, (value, c) => (value / 255 - mean[c]!) / deviation[c]!));
  const tensors = evalTensors('hopenet.safetensors');
  near(t, found.pooled!, tensors('pooled').data, 1e-4, 'pooled');
  const logits = [0, 1, 2].flatMap((i) =>
    ['yaw', 'pitch', 'roll'].flatMap((axis) => [...found[axis]!.subarray(66 * i, 66 * (i + 1))]),
  );
  near(t, logits, tensors('logits').data, 1e-4, 'logits');
});

const INCEPTION = ['portrait.png', ...numbered('inception', [1, 2, 3])];
goldenCase('Inception', [LISTS, 'inception.safetensors', ...INCEPTION], async (t) => {
  const run = await openedJudge(t, 'inception', 'features');
  const wanted = rows(evalTensors('inception.safetensors')('pool3'));
  for (const [i, name] of INCEPTION.entries()) {
    const { pool3 } = await run(planesOfAll([await evalPicture(name)], (value) => value / 255));
    near(t, pool3!, wanted[i]!, 1e-4, name);
  }
});

const ARCFACE = numbered('arcface', [0, 1, 2]);
goldenCase('ArcFace', [LISTS, 'arcface.safetensors', ...ARCFACE], async (t) => {
  const run = await openedJudge(t, 'arcface', 'identity');
  const faces = await Promise.all(ARCFACE.map(evalPicture));
  const { embedding } = await run(planesOfAll(faces, (value) => (value - 127.5) / 127.5));
  near(t, embedding!, evalTensors('arcface.safetensors')('embeddings').data, 1e-4, 'embeddings');
});
