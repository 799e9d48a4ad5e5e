import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readPack, Talker, verifyPack } from 'kdtalker';
import t, { type Test } from 'tap';
import { CROP_KINDS, cropPicture } from '../dist/face/crop/index.js';
import { ibug68Of106 } from '../dist/face/ibug68.js';
import { faceFiles } from '../dist/packs/faces.js';
import { checkFace, copyFaces } from '../dist/packs/kdtalker/face-files.js';
import { findInsightface, findLandmarks203 } from '../dist/packs/kdtalker/source-files.js';
import { Graph } from '../dist/packs/onnx/index.js';
import { type FaceRole, type Pack, parseManifest } from '../dist/packs/pack.js';
import { checkPack } from '../dist/packs/verify.js';
import { events, run } from './support/cli.js';
import {
  at,
  type Dots,
  dotsFaceNetworks,
  PLACES106,
  paintDots,
  pixelScrfdGraph,
  writeGraph,
} from './support/face-networks.js';
import { hashOf, temporaryFolder } from './support/networks.js';

const FILES = {
  detector: 'det_10g.onnx',
  landmarks106: '2d106det.onnx',
  landmarks203: 'landmark.onnx',
} as const;
const ROLES = Object.keys(FILES) as FaceRole[];

/** A frontal face whose landmarks make sense to the puppet as well. */
const DOTS: Dots = { eyeLeft: [268, 180], eyeRight: [372, 190], mouth: [312, 300] };

/** The puppet with networks for faces in it. */
async function packWith(t: Test, roles: readonly FaceRole[]): Promise<Pack> {
  const directory = temporaryFolder(t);
  const puppet = await readPack('puppet');
  cpSync(puppet.directory, directory, { recursive: true });
  const paths = dotsFaceNetworks(directory);
  const sources = await Promise.all(roles.map((role) => checkFace(role, paths[role])));
  const copies = temporaryFolder(t);
  const faces = await copyFaces(sources, copies, { reportOf: () => () => {} });
  cpSync(copies, directory, { recursive: true });
  writeFileSync(join(directory, 'pack.json'), JSON.stringify({ ...puppet.manifest, faces }));
  return readPack(directory);
}

t.test('a portrait of a pack with its own networks: every crop by the rule of its landmarks', async (t) => {
  const { directory } = await packWith(t, ROLES);
  const talker = await Talker.load(directory, { threads: 2 });
  t.teardown(() => talker.close());
  const picture = paintDots(640, 480, DOTS, 5);
  const landmarks106 = PLACES106.map((place) => at(DOTS, place));
  const landmarks = ibug68Of106(landmarks106);
  for (const kind of CROP_KINDS) {
    const portrait = await talker.portrait({ ...picture, channels: 3 }, { crop: kind });
    const { crop } = portrait;
    const wanted = await cropPicture(picture, { kind, size: 512, landmarks, landmarks106 });
    // A crop of the published inference is of whole pixels, and the middle of the dots may be a tenth of one off.
    const off = Math.max(...wanted.toPhoto.map((value, i) => Math.abs(value - crop.toPhoto[i]!)));
    t.ok(off < (kind === 'kdtalker' ? 1.5 : 0.6), `${kind}: off by ${off}`);
    if (kind === 'none') {
      t.same(
        [crop.box, crop.score, portrait.ratios],
        [undefined, undefined, undefined],
        'nobody looked for a face',
      );
      continue;
    }
    const across = Math.hypot(104, 10);
    const down = Math.hypot(44, 120);
    // The places of the 203 points.
    const ratios = [
      (0.08 * down) / (0.4 * across),
      (0.04 * down) / (0.4 * across),
      (0.2 * down) / (0.6 * across),
    ];
    const found = [...portrait.ratios!.eyes, portrait.ratios!.lip];
    t.ok(
      Math.max(...ratios.map((ratio, i) => Math.abs(ratio - found[i]!))) < 2e-3,
      `${kind}: ${found} for ${ratios}`,
    );
    t.ok(crop.score! > 0.8, `${kind}: score ${crop.score}`);
    await portrait.close();
  }
  const by68 = await cropPicture(picture, { kind: 'liveportrait', size: 512, landmarks });
  const by106 = await cropPicture(picture, { kind: 'liveportrait', size: 512, landmarks, landmarks106 });
  const difference = Math.max(...by68.toPhoto.map((value, i) => Math.abs(value - by106.toPhoto[i]!)));
  t.ok(difference > 2, `the crop by 68 points is another: ${difference}`);
});

t.test('a saved portrait keeps the ratios; one without them is loaded too', async (t) => {
  const { directory } = await packWith(t, ['landmarks203']);
  const talker = await Talker.load(directory, { threads: 2 });
  t.teardown(() => talker.close());
  const landmarks = ibug68Of106(PLACES106.map((place) => at(DOTS, place)));
  const picture = { ...paintDots(640, 480, DOTS, 5), channels: 3 as const };
  const portrait = await talker.portrait(picture, { landmarks });
  const file = join(directory, 'face.portrait');
  await portrait.save(file);
  const loaded = await talker.loadPortrait(file);
  t.same(loaded.crop, portrait.crop);
  t.same(loaded.ratios, portrait.ratios);
  t.ok(loaded.ratios!.lip > 0.1);
  const whole = await talker.portrait(picture, { crop: 'none' });
  await whole.save(file);
  t.equal((await talker.loadPortrait(file)).ratios, undefined);
});

t.test('files are copied byte for byte, and described', async (t) => {
  const [from, to] = [temporaryFolder(t), temporaryFolder(t)];
  const paths = dotsFaceNetworks(from);
  const told: string[] = [];
  const faces = await copyFaces(await Promise.all(ROLES.map((role) => checkFace(role, paths[role]))), to, {
    reportOf: (network) => (bytes) => told.push(`${network} ${bytes}`),
  });
  for (const role of ROLES) {
    const bytes = readFileSync(paths[role]);
    t.same(readFileSync(join(to, FILES[role])), bytes, role);
    t.match(faces![role], { file: FILES[role], bytes: bytes.length, sha256: hashOf(paths[role]) });
    t.ok(told.includes(`${role} ${bytes.length % (1 << 20)}`), role);
  }
  t.match(faces!.detector!.licence, /non-commercial research.*InsightFace/);
  t.match(faces!.landmarks106!.licence, /non-commercial research.*InsightFace/);
  t.equal(faces!.landmarks203!.licence, 'MIT (LivePortrait)');
  t.equal(await copyFaces([], to, { reportOf: () => () => {} }), undefined);
  const source = await checkFace('detector', paths.detector);
  const signal = AbortSignal.abort();
  await t.rejects(copyFaces([source], temporaryFolder(t), { reportOf: () => () => {}, signal }), {
    code: 'ABORTED',
  });
  rmSync(paths.detector);
  await t.rejects(copyFaces([source], temporaryFolder(t), { reportOf: () => () => {} }), {
    code: 'FILE_NOT_FOUND',
    message: /det_10g\.onnx/,
  });
});

t.test('InsightFace and landmark.onnx are found where they are released', async (t) => {
  for (const [root, place] of [
    ['', ''],
    ['', 'models/buffalo_l'],
    ['', 'buffalo_l'],
    ['models', 'models/buffalo_l'],
    ['', 'insightface/models/buffalo_l'],
    ['', 'pretrained_weights/insightface/models/buffalo_l'],
  ] as const) {
    const folder = temporaryFolder(t);
    const put = (name: string) => {
      const path = join(folder, place, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
      return path;
    };
    const detector = put('det_10g.onnx');
    await t.rejects(findInsightface(join(folder, root)), {
      code: 'FILE_NOT_FOUND',
      message: /models\/buffalo_l below it, but received none called 2d106det\.onnx\. docs/,
    });
    const landmarks106 = put('2d106det.onnx');
    t.same(Object.fromEntries(await findInsightface(join(folder, root))), { detector, landmarks106 }, place);
  }
  for (const [root, place] of [
    ['', ''],
    ['', 'liveportrait'],
    ['', 'pretrained_weights/liveportrait'],
    ['base_models', ''],
  ] as const) {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, place, 'base_models'), { recursive: true });
    t.equal(await findLandmarks203(join(folder, root)), undefined);
    writeFileSync(join(folder, place, 'landmark.onnx'), '');
    t.equal(await findLandmarks203(join(folder, root)), join(folder, place, 'landmark.onnx'));
  }
});

/** A graph of given inputs and outputs, all of them from one input. */
function shaped(
  inputs: readonly (readonly (number | string)[])[],
  outputs: readonly (readonly (number | string)[])[],
  type: 'float32' | 'int64' = 'float32',
): Graph {
  const g = new Graph('shaped');
  const values = inputs.map((dims, i) => g.input(`in${i}`, type, dims));
  outputs.forEach((dims, i) => {
    g.output(`out${i}`, values[0]!, type, dims);
  });
  return g;
}

const SCRFD_OUTPUTS = [1, 1, 1, 4, 4, 4, 10, 10, 10].map((width) => ['rows', width] as const);

t.test('what a network takes and gives is checked before it is copied', async (t) => {
  const folder = temporaryFolder(t);
  const check = (role: FaceRole, graph: Graph) => checkFace(role, writeGraph(folder, 'network.onnx', graph));
  const fine: [FaceRole, Graph][] = [
    ['detector', shaped([[1, 3, '?', '?']], SCRFD_OUTPUTS)],
    [
      'detector',
      shaped(
        [['n', 3, 512, 512]],
        SCRFD_OUTPUTS.map(([, width]) => [1, 8192, width]),
      ),
    ],
    ['landmarks106', shaped([['None', 3, 192, 192]], [['None', 212]])],
    [
      'landmarks203',
      shaped(
        [[1, 3, 224, 224]],
        [
          [1, 214],
          [1, 262],
          [1, 406],
        ],
      ),
    ],
    [
      'landmarks203',
      shaped(
        [['n', 3, 224, 224]],
        [
          ['n', 'a'],
          ['n', 'b'],
          ['n', 203, 2],
        ],
      ),
    ],
    ['landmarks203', shaped([[1, 3, 224, 224]], [[], [], []])],
  ];
  for (const [role, graph] of fine) t.match(await check(role, graph), { role }, role);
  const wrong: [FaceRole, Graph, RegExp][] = [
    [
      'detector',
      shaped([[1, 3, 640, 640]], SCRFD_OUTPUTS),
      /\[1,3,512,512\] for det_10g\.onnx but received in0 float32 \[1,3,640,640\]/,
    ],
    [
      'detector',
      shaped([[1, 3, '?', '?']], SCRFD_OUTPUTS.slice(0, 6)),
      /9 outputs float32 \[rows,1\] .* \[rows,10\] for det_10g/,
    ],
    ['detector', shaped([[1, 3, '?', '?']], SCRFD_OUTPUTS.toReversed()), /9 outputs/],
    ['detector', shaped([[1, 1, '?', '?']], SCRFD_OUTPUTS), /received in0 float32 \[1,1,\?,\?\]/],
    [
      'landmarks106',
      shaped([['None', 3, 192, 192]], [['None', 136]]),
      /one output float32 \[1,212\] for 2d106det\.onnx/,
    ],
    ['landmarks106', shaped([['None', 3, 192, 192]], [['None', 212]], 'int64'), /one input float32/],
    ['landmarks106', shaped([['n', 3, 192, 192], [1]], [['None', 212]]), /one input .* received in0 .* in1/],
    ['landmarks106', shaped([], []), /received none in /],
    [
      'landmarks203',
      shaped(
        [[1, 3, 192, 192]],
        [
          [1, 214],
          [1, 262],
          [1, 406],
        ],
      ),
      /\[1,3,224,224\] for landmark\.onnx/,
    ],
    [
      'landmarks203',
      shaped(
        [[1, 3, 224, 224]],
        [
          [1, 406],
          [1, 262],
          [1, 214],
        ],
      ),
      /3 outputs float32 any any \[1,406\]/,
    ],
  ];
  for (const [role, graph, message] of wrong)
    await t.rejects(check(role, graph), { code: 'CHECKPOINT_INVALID', message }, `${role}: ${message}`);
  const text = join(folder, 'text.onnx');
  writeFileSync(text, 'not a network');
  await t.rejects(checkFace('detector', text), {
    code: 'CHECKPOINT_INVALID',
    message: /an ONNX model for det_10g/,
  });
  await t.rejects(checkFace('detector', join(folder, 'nothing.onnx')), {
    code: 'FILE_NOT_FOUND',
    message: /nothing/,
  });
});

t.test('a pack checks and verifies them like its other files', async (t) => {
  const pack = await packWith(t, ROLES);
  const files = await verifyPack(pack);
  t.same(
    files.slice(-3).map(({ role, sha256: hash }) => [role, hash]),
    ROLES.map((role) => [role, hashOf(faceFiles(pack)[role]!)]),
  );
  const file = faceFiles(pack).landmarks106!;
  const whole = readFileSync(file);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1]! ^= 1;
  writeFileSync(file, flipped);
  await t.rejects(checkPack(pack), { code: 'PACK_DAMAGED', message: /SHA-256.*2d106det\.onnx/ });
  await t.rejects(Talker.load(pack.directory), { code: 'PACK_DAMAGED', message: /2d106det/ });
  truncateSync(file, 99);
  await t.rejects(checkPack(pack), { code: 'PACK_DAMAGED', message: /2d106det\.onnx.*99 bytes/ });
  rmSync(file);
  await t.rejects(checkPack(pack), { code: 'PACK_DAMAGED', message: /2d106det\.onnx/ });
  copyFileSync(faceFiles(pack).detector!, file);
  const faces = structuredClone(pack.manifest.faces!);
  faces.landmarks106 = { ...faces.detector!, file: FILES.landmarks106 };
  const other = { ...pack, manifest: { ...pack.manifest, faces } };
  await checkPack(other);
  await t.rejects(verifyPack(other), {
    code: 'PACK_DAMAGED',
    message: /one output float32 \[1,212\] for .*2d106det\.onnx but received 448 float32/,
  });
  await t.rejects(checkPack(pack, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
});

t.test('the command shows them', async (t) => {
  const { directory, manifest } = await packWith(t, ROLES);
  const { faces } = manifest;
  const shown = await run(['packs', 'info', directory]);
  t.match(shown.stdout, /faces .*SCRFD \(det_10g\.onnx\), 106 landmarks \(2d106det\.onnx\), 203\s+landmarks/);
  t.match(
    shown.stdout,
    new RegExp(`detector +det_10g\\.onnx .*${faces!.detector!.sha256.slice(0, 12)} +non-comm`),
  );
  t.match(shown.stdout, /render .* MIT/, 'the others have the licence of the pack');
  const [{ pack }] = events(await run(['packs', 'info', directory, '--json'])) as unknown as [
    { pack: { bytes: number } },
  ];
  t.match(pack, { faces });
  const { files } = events(await run(['packs', 'verify', directory, '--json'])).at(-1) as unknown as {
    files: { role: string; bytes: number; ok: boolean }[];
  };
  t.same(
    files.slice(-3).map(({ role, ok }) => [role, ok]),
    ROLES.map((role) => [role, true]),
  );
  t.equal(
    files.reduce((sum, file) => sum + file.bytes, 0),
    pack.bytes,
  );
  const puppet = await run(['packs', 'info', 'puppet']);
  t.match(puppet.stdout, /faces +BlazeFace and Face Mesh \(built in\)\n/);
  const partly = await packWith(t, ['landmarks203']);
  t.match(
    (await run(['packs', 'info', partly.directory])).stdout,
    /BlazeFace and Face Mesh \(built in\), 203/,
  );
});

t.test('what pack.json may say about them', async (t) => {
  const { manifest } = await packWith(t, ROLES);
  const { detector, landmarks106, landmarks203 } = manifest.faces!;
  for (const faces of [
    {},
    { landmarks203 },
    { detector, landmarks106 },
    { detector, landmarks106, landmarks203 },
  ])
    t.ok(parseManifest({ ...manifest, faces }, 'test'));
  for (const [faces, message] of [
    [{ detector }, /faces: both detector and landmarks106/],
    [{ landmarks106, landmarks203 }, /faces: both/],
    [{ detector, landmarks106, eyes: detector }, /faces/],
    [{ landmarks203: { ...landmarks203, file: '../landmark.onnx' } }, /faces\.landmarks203\.file/],
    [{ landmarks203: { ...landmarks203, sha256: 'a' } }, /faces\.landmarks203\.sha256/],
  ] as const)
    t.throws(() => parseManifest({ ...manifest, faces }, 'test'), { code: 'PACK_INVALID', message });
});

t.test('the pack of a portrait has a detector that sees nobody', async (t) => {
  const { directory, manifest } = await packWith(t, ['detector', 'landmarks106']);
  const file = writeGraph(directory, FILES.detector, pixelScrfdGraph());
  const detector = { ...manifest.faces!.detector!, sha256: hashOf(file), bytes: readFileSync(file).length };
  const faces = { ...manifest.faces, detector };
  writeFileSync(join(directory, 'pack.json'), JSON.stringify({ ...manifest, faces }));
  const talker = await Talker.load(directory, { threads: 1 });
  t.teardown(() => talker.close());
  const picture = { data: new Uint8Array(200 * 200 * 3), width: 200, height: 200, channels: 3 as const };
  await t.rejects(talker.portrait(picture), { code: 'NO_FACE', message: /best score 0\.00, needed 0\.50/ });
  t.ok(await talker.portrait(picture, { crop: 'none' }), 'which needs no face');
});
