import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type ConvertOptions, convertPack } from '../dist/packs/kdtalker/convert.js';
import { NETWORKS, type NetworkName } from '../dist/packs/kdtalker/networks.js';
import { readStatistics } from '../dist/packs/kdtalker/norm.js';
import { findLiveportrait } from '../dist/packs/kdtalker/source-files.js';
import type { SourceFile } from '../dist/packs/kdtalker/sources.js';
import { STATISTICS } from '../dist/packs/kdtalker/statistics.js';
import { StoredWeights } from '../dist/packs/kdtalker/stored-weights.js';
import { synthesizePack } from '../dist/packs/kdtalker/synthesize.js';
import { writeModel } from '../dist/packs/onnx/index.js';
import { readPack, rolesOf } from '../dist/packs/pack.js';
import { writeSafetensors } from '../dist/packs/safetensors.js';
import { verifyGraphs } from '../dist/packs/verify.js';
import { formulaWeights } from '../dist/packs/weights/formula.js';
import type { AllWeights } from '../dist/packs/weights/weights.js';
import { float32, npy, type Tensor, zip } from './support/checkpoint-writer.js';
import { dotsFaceNetworks } from './support/face-networks.js';
import { goldenFile } from './support/golden.js';
import { GOLDEN_SALT, GRAPH_FILES, hashOf, temporaryFolder } from './support/networks.js';
import {
  type Edit,
  releasedNetwork,
  writeBaseModel,
  writeKdtalker,
  writeReleased,
  writeRetargeting,
  writeWav2lip,
} from './support/released.js';

const PROGRAM = fileURLToPath(new URL('programs/convert.mjs', import.meta.url));
const files = (entries: Partial<Record<SourceFile, string>>) =>
  new Map(Object.entries(entries) as [SourceFile, string][]);

/** Hashes of a graph and of its weights, written with these weights. */
async function written(t: Test, name: NetworkName, weights: AllWeights) {
  const { sha256, data } = await writeModel(NETWORKS[name](weights), temporaryFolder(t), `${name}.onnx`);
  return { sha256, data: data?.sha256 };
}

/** That a graph made from files is, byte for byte, the one made by formula. */
async function sameAsFormula(t: Test, stored: StoredWeights, names: readonly NetworkName[]): Promise<void> {
  for (const name of names) {
    await stored.load(name);
    const expected = await written(t, name, formulaWeights(GOLDEN_SALT));
    t.same(await written(t, name, stored.weights), expected, name);
  }
}

t.test('small networks from files are those by formula, byte for byte', async (t) => {
  const folder = temporaryFolder(t);
  const wav2lip = join(folder, 'wav2lip.pth');
  const retargeting = join(folder, 'stitching_retargeting_module.pth');
  const appearance = join(folder, 'appearance_feature_extractor.pth');
  writeWav2lip(wav2lip);
  writeRetargeting(retargeting);
  writeBaseModel(appearance, 'appearance_feature_extractor');
  const stored = await StoredWeights.open(
    files({ wav2lip, stitching_retargeting_module: retargeting, appearance_feature_extractor: appearance }),
  );
  t.teardown(() => stored.close());
  await sameAsFormula(t, stored, ['audio', 'stitching', 'eye', 'lip', 'appearance']);
  await stored.load('eye');
  t.throws(() => stored.weights.retarget_mouth.floats('mlp.0.bias', [128]), RangeError, 'only one at a time');
  t.not(
    stored.weights.retarget_eye.floats('mlp.0.bias', [256]),
    stored.weights.retarget_eye.floats('mlp.0.bias', [256]),
  );
});

t.test('a file that PyTorch wrote', async (t) => {
  const file = goldenFile('stitching_retargeting_module.pth');
  const stored = await StoredWeights.open(files({ stitching_retargeting_module: file }));
  t.teardown(() => stored.close());
  await sameAsFormula(t, stored, ['stitching', 'eye', 'lip']);
});

t.test('.safetensors instead of .pth, in the names of its owner or with a prefix', async (t) => {
  for (const prefix of ['', 'module.', 'state_dict.module.']) {
    const file = join(temporaryFolder(t), 'appearance_feature_extractor.safetensors');
    const tensors = [...releasedNetwork('appearance_feature_extractor')].map(([key, { dims, storage }]) => [
      prefix + key,
      { dims, data: storage.data as Float32Array },
    ]);
    writeFileSync(file, writeSafetensors(Object.fromEntries(tensors)));
    const stored = await StoredWeights.open(files({ appearance_feature_extractor: file }));
    await sameAsFormula(t, stored, ['appearance']);
    await stored.close();
  }
});

t.test(
  'the constants of the denoiser may be there or not, and its names may be those of a parallel module',
  async (t) => {
    const file = join(temporaryFolder(t), 'KDTalker.pth');
    const unused = /freq_bands$|rotary_emb\.freqs$|block2\.norm\./;
    const edits: Edit[] = [
      (net) => {
        const names = [...net.keys()].filter((name) => unused.test(name));
        t.equal(names.length, 31);
        for (const name of names) net.delete(name);
      },
      (net) => {
        for (const [name, tensor] of [...net]) {
          net.delete(name);
          net.set(`module.${name}`, tensor);
        }
      },
    ];
    for (const edit of edits) {
      writeKdtalker(file, edit);
      const stored = await StoredWeights.open(files({ kdtalker: file }));
      await stored.close();
    }
    writeKdtalker(file, (net) => net.delete('point_model.model.input_projection.bias'));
    await t.rejects(StoredWeights.open(files({ kdtalker: file })), {
      code: 'CHECKPOINT_INVALID',
      message:
        /135 tensors of kdtalker .* under 'model\.'.*1 missing: point_model\.model\.input_projection\.bias \[768\]/s,
    });
  },
);

t.test('what differs is listed with what was expected', async (t) => {
  const file = join(temporaryFolder(t), 'wav2lip.pth');
  const retargeting = join(temporaryFolder(t), 'retargeting.pth');
  const first = 'audio_encoder.0.conv_block.0.weight';
  const cases: [name: string, edit: Edit, message: RegExp][] = [
    [
      'missing',
      (net) => net.delete(first),
      /1 missing: audio_encoder\.0\.conv_block\.0\.weight \[32,1,3,3\]/,
    ],
    [
      'shape',
      (net) => net.set(first, float32([32, 1, 9], new Float32Array(288))),
      /1 of another shape: audio_encoder\.0\.conv_block\.0\.weight \[32,1,9\], expected \[32,1,3,3\]/,
    ],
    [
      'extra',
      (net) => net.set('audio_encoder.13.bias', float32([1], [1])),
      /1 not expected: audio_encoder\.13\.bias/,
    ],
  ];
  for (const [name, edit, message] of cases) {
    writeWav2lip(file, edit);
    const opening = StoredWeights.open(files({ wav2lip: file }));
    await t.rejects(opening, { code: 'CHECKPOINT_INVALID', message }, name);
  }
  writeRetargeting(retargeting, (net, name) => void (name === 'retarget_eye' && net.delete('mlp.10.bias')));
  await t.rejects(StoredWeights.open(files({ stitching_retargeting_module: retargeting })), {
    code: 'CHECKPOINT_INVALID',
    message: /tensors of retarget_eye in .*\n {2}1 missing: mlp\.10\.bias \[63\]/,
  });
  writeRetargeting(retargeting);
  await t.rejects(
    StoredWeights.open(files({ wav2lip: retargeting })),
    { code: 'CHECKPOINT_INVALID', message: /78 tensors of wav2lip_audio_encoder .* is it the right one/ },
    'the wrong file',
  );
});

t.test('numbers that are not finite are found before they blacken pictures', async (t) => {
  const file = join(temporaryFolder(t), 'retargeting.pth');
  writeRetargeting(
    file,
    (net) => void ((net.get('mlp.0.bias') as Tensor).storage.data as Float32Array).fill(Number.NaN),
  );
  const stored = await StoredWeights.open(files({ stitching_retargeting_module: file }));
  t.teardown(() => stored.close());
  await t.rejects(stored.load('lip'), {
    code: 'CHECKPOINT_INVALID',
    message: /mlp\.0\.bias of retarget_mouth/,
  });
});

t.test(
  "LivePortrait's files are found where they are released, and all that are missing are named",
  async (t) => {
    const names = ['appearance_feature_extractor', 'motion_extractor', 'warping_module', 'spade_generator'];
    for (const [root, base, retargeting] of [
      ['', '', ''],
      ['', 'base_models', 'retargeting_models'],
      ['', 'liveportrait/base_models', 'liveportrait/retargeting_models'],
      ['base_models', 'base_models', 'retargeting_models'],
    ] as const) {
      const folder = temporaryFolder(t);
      const put = (path: string) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), '');
        return join(folder, path);
      };
      const expected = names.map((name) => put(join(base, `${name}.pth`)));
      const given = join(folder, root);
      await t.rejects(findLiveportrait(given), {
        code: 'FILE_NOT_FOUND',
        message: /received none called stitching_retargeting_module\.pth \(or/,
      });
      expected.push(put(join(retargeting, 'stitching_retargeting_module.safetensors')));
      t.same([...(await findLiveportrait(given)).values()], expected, base);
    }
    await t.rejects(findLiveportrait(join(temporaryFolder(t), 'nothing')), {
      code: 'FILE_NOT_FOUND',
      message: /appearance_feature_extractor\.pth, motion_extractor\.pth, .*stitching/,
    });
  },
);

t.test('statistics of another training', async (t) => {
  const file = join(temporaryFolder(t), 'norm.npz');
  const write = (edit: Record<string, Buffer | undefined> = {}) => {
    const arrays: Record<string, Buffer | undefined> = {};
    for (const [part, { mean, std }] of Object.entries(STATISTICS)) {
      const dims = part === 'exp' ? [1, 63] : mean.length === 1 ? [] : [mean.length];
      arrays[`${part}_mean`] = npy(
        '<f8',
        dims,
        Float64Array.from(mean, (value) => 2 * value),
      );
      arrays[`${part}_std`] = npy('<f4', [std.length], Float32Array.from(std));
    }
    const entries = Object.entries({ ...arrays, ...edit }).filter(([, data]) => data);
    writeFileSync(
      file,
      zip(entries.map(([name, data]) => ({ name: `${name}.npy`, data: data!, deflate: true }))),
    );
  };
  write();
  const statistics = await readStatistics(file);
  t.same(Object.keys(statistics), Object.keys(STATISTICS));
  for (const [part, { mean, std }] of Object.entries(STATISTICS)) {
    const found = statistics[part as keyof typeof STATISTICS];
    t.same(
      found.mean,
      mean.map((value) => Math.fround(2 * value)),
      part,
    );
    t.same(found.std, std.map(Math.fround), part);
  }
  const cases: [edit: Record<string, Buffer | undefined>, message: RegExp][] = [
    [{ kp_std: undefined }, /Expected 63 numbers for kp_std but received none/],
    [
      { t_mean: npy('<f4', [2], new Float32Array(2)) },
      /Expected 3 numbers for t_mean but received dims \[2\]/,
    ],
    [{ yaw_std: npy('<f4', [1], new Float32Array(1)) }, /Expected positive numbers for yaw_std/],
    [{ yaw_mean: npy('<f4', [1], Float32Array.of(Number.NaN)) }, /Expected finite numbers for yaw_mean/],
  ];
  for (const [edit, message] of cases) {
    write(edit);
    await t.rejects(readStatistics(file), { code: 'CHECKPOINT_INVALID', message });
  }
  await t.rejects(readStatistics(`${file}.not`), { code: 'FILE_NOT_FOUND' });
});

t.test('wrong arguments', async (t) => {
  const fine: ConvertOptions = { kdtalker: 'a', wav2lip: 'b', liveportrait: 'c', directory: 'd' };
  for (const name of ['kdtalker', 'wav2lip', 'liveportrait', 'directory'] as const)
    for (const value of ['', undefined, 1])
      await t.rejects(
        convertPack({ ...fine, [name]: value }),
        { code: 'INVALID_ARGUMENT' },
        `${name}: ${value}`,
      );
  await t.rejects(convertPack({ ...fine, norm: '' }), { code: 'INVALID_ARGUMENT' });
  await t.rejects(convertPack({ ...fine, insightface: '' }), {
    code: 'INVALID_ARGUMENT',
    message: /the path of a folder for insightface/,
  });
});

const FACE_FILES: Record<string, string> = {
  detector: 'det_10g.onnx',
  landmarks106: '2d106det.onnx',
  landmarks203: 'landmark.onnx',
};

/** Puts networks for faces where they are released; tells their hashes. */
function putFaces({ insightface, liveportrait }: { insightface: string; liveportrait: string }) {
  const buffalo = join(insightface, 'models/buffalo_l');
  mkdirSync(buffalo, { recursive: true });
  const paths = dotsFaceNetworks(buffalo);
  const landmarks203 = join(liveportrait, 'liveportrait', FACE_FILES.landmarks203!);
  renameSync(paths.landmarks203, landmarks203);
  const hashes = Object.entries({ ...paths, landmarks203 }).map(([role, path]) => [role, hashOf(path)]);
  return Object.fromEntries(hashes) as Record<string, string>;
}

t.test('all released files give the pack that is made by formula', async (t) => {
  const folder = temporaryFolder(t);
  const released = { ...writeReleased(folder), insightface: join(folder, 'insightface') };
  const faces = putFaces(released);
  const directory = join(folder, 'converted');
  const options = JSON.stringify({ ...released, directory });
  const output = execFileSync(process.execPath, [PROGRAM, options], { encoding: 'utf8' });
  const { manifest, peak, first, last } = JSON.parse(output);
  t.ok(peak < 1.5e9, `${Math.round(peak / 1e6)} MB of memory at most`);
  t.equal(last.done, last.total);
  t.ok(first.done < last.total / 10, 'progress from the beginning');

  await t.test('an aborted conversion and a full folder leave everything as it was', async (t) => {
    const before = readdirSync(folder);
    const stop = new AbortController();
    const converting = convertPack({
      ...released,
      directory: join(folder, 'aborted'),
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await t.rejects(converting, { code: 'ABORTED' });
    await t.rejects(convertPack({ ...released, directory }), {
      code: 'INVALID_ARGUMENT',
      message: /not empty/,
    });
    t.same(readdirSync(folder), before);
  });

  for (const path of [released.kdtalker, released.liveportrait]) rmSync(path, { recursive: true });
  const synthetic = join(folder, 'synthetic');
  const byFormula = await synthesizePack({ salt: GOLDEN_SALT, directory: synthetic, fingerprint: false });

  await t.test('the same files', async (t) => {
    const own = Object.values(FACE_FILES);
    t.same(
      readdirSync(directory).filter((file) => !own.includes(file)),
      readdirSync(synthetic),
    );
    for (const [role, file] of Object.entries(FACE_FILES))
      t.equal(hashOf(join(directory, file)), faces[role], file);
    for (const file of GRAPH_FILES)
      t.equal(hashOf(join(directory, file)), hashOf(join(synthetic, file)), file);
  });

  await t.test('a valid pack that says what it is made of', async (t) => {
    const pack = await readPack(directory);
    t.same(pack.manifest, manifest);
    t.equal((await verifyGraphs(pack)).length, 11 + 3);
    for (const [role, { fingerprint }] of rolesOf(manifest)) t.ok(fingerprint, `${role} has been run`);
    t.match(manifest, {
      name: 'kdtalker',
      description: /KDTalker.*Wav2Lip.*LivePortrait.*InsightFace/,
      licence: { name: 'CC BY-NC 4.0', nonCommercial: true },
      roles: { denoiser: { licence: /KDTalker/ }, audio: { licence: /Wav2Lip/ }, decode: { licence: /MIT/ } },
      statistics: byFormula.statistics,
      faces: {
        detector: { file: 'det_10g.onnx', sha256: faces.detector, licence: /InsightFace/ },
        landmarks106: { file: '2d106det.onnx', sha256: faces.landmarks106, licence: /InsightFace/ },
        landmarks203: { file: 'landmark.onnx', sha256: faces.landmarks203, licence: /MIT/ },
      },
    });
    t.equal(byFormula.faces, undefined);
  });
});
