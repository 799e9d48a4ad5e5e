// Folders of judges: what goes in, what is refused, and that the numbers stay. Weights are made by formula, except mmod's.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addJudges, type JudgeName, pullJudges, readJudges, verifyJudges } from 'kdtalker';
import t from 'tap';
import { poseRectangle } from '../dist/evaluate/judged/hopenet-crop.js';
import { MmodFinder } from '../dist/evaluate/judged/mmod-finder.js';
import { enlarged, sheetLayout } from '../dist/evaluate/judged/mmod-sheet.js';
import { openJudge } from '../dist/packs/judges/open.js';
import { JUDGES } from '../dist/packs/judges/registry.js';
import { Graph } from '../dist/packs/onnx/index.js';
import { Storage, Tensor } from './support/checkpoint-writer.js';
import { events, run } from './support/cli.js';
import { evalFile, evalJson, evalPicture, goldenCase, near } from './support/golden-eval.js';
import { TestHub } from './support/hub.js';
import { LISTS, writeJudge } from './support/judges.js';
import { fails } from './support/media.js';
import { astronautFile, loadPicture } from './support/pictures.js';

interface MmodCase {
  size: [number, number];
  tiled: [number, number];
  tiles: number[][];
  faces: { box: number[]; confidence: number; hopenet_crop?: number[] }[];
  output: [number, number];
  output_mean: number;
  output_max: number;
}

const MMOD = ['mmod.json', 'mmod_human_face_detector.dat', 'portrait.png'];

goldenCase("dlib's detector with its own weights finds dlib's faces", MMOD, async (t) => {
  const out = t.testdir();
  const judges = await addJudges({ out, files: { mmod: evalFile('mmod_human_face_detector.dat') } });
  const { faces } = await openJudge(out, judges, 'mmod', { threads: 2, signal: undefined });
  t.teardown(() => faces!.close());
  const seen: Float32Array[] = [];
  const finder = new MmodFinder({
    ...faces!,
    batch: undefined,
    run: async (feeds) => {
      const found = await faces!.run(feeds);
      seen.push(found.scores!.data as Float32Array);
      return found;
    },
  });
  const cases = evalJson('mmod.json') as Record<string, Record<string, MmodCase>>;
  const pictureOf = async (name: string) =>
    name === 'astronaut' ? loadPicture(astronautFile()) : evalPicture(`${name}.png`);
  for (const [name, byEnlarging] of Object.entries(cases)) {
    const picture = await pictureOf(name);
    for (const [kind, wanted] of Object.entries(byEnlarging)) {
      const isEnlarged = kind === 'enlarged_1';
      const given = isEnlarged ? enlarged(picture) : picture;
      t.same([given.width, given.height], wanted.size);
      const { width, height, tiles } = sheetLayout(given.width, given.height);
      t.same([width, height], wanted.tiled, 'the sheet');
      t.same(
        tiles.map(({ left, top, right, bottom }) => [left, top, right, bottom]),
        wanted.tiles,
        'its tiles',
      );
      const found = isEnlarged ? await finder.findEnlarged(picture) : await finder.find(picture);
      t.same(
        found.map(({ box }) => box),
        wanted.faces.map(({ box }) => box),
        `${name}, ${kind}: boxes`,
      );
      const confidences = wanted.faces.map(({ confidence }) => confidence);
      near(
        t,
        found.map(({ confidence }) => confidence),
        confidences,
        1e-4,
        'confidences',
      );
      const scores = seen.at(-1)!;
      t.equal(scores.length, wanted.output[0] * wanted.output[1]);
      const mean = scores.reduce((sum, value) => sum + value, 0) / scores.length;
      near(t, [mean, Math.max(...scores)], [wanted.output_mean, wanted.output_max], 1e-4, 'the last layer');
      for (const [i, { hopenet_crop: crop }] of wanted.faces.entries())
        if (crop) t.same(poseRectangle(found[i]!.box, picture), crop, "Hopenet's crop");
    }
  }
});

/** Formula weights of the smallest judge that is a checkpoint. */
const SMALL = 'syncnet';

goldenCase('a folder of judges: added, replaced, listed, verified', [LISTS], async (t) => {
  const folder = t.testdir();
  const out = join(folder, 'judges');
  const first = writeJudge(join(folder, 'first.model'), SMALL, { legacy: true });
  await fails(t, () => readJudges(out), 'PACK_NOT_FOUND', /kdtalker evaluate judges/);
  const listed = await addJudges({ out, files: { syncnet: first } });
  t.match(listed.syncnet, {
    licence: /research/,
    nonCommercial: true,
    source: { file: 'first.model', sha256: /^[0-9a-f]{64}$/ },
    networks: { visual: { fingerprint: { visual: { rms: Number } } }, audio: { fingerprint: {} } },
  });
  t.same(await readJudges(out), listed);
  t.same(await verifyJudges(out), listed);
  const [kept] = readdirSync(out).filter((name) => name.startsWith('syncnet-'));
  t.same(await addJudges({ out, files: { syncnet: first } }), listed, 'the same file changes nothing');

  mkdirSync(join(out, 'syncnet-0123456789ab')); // as a killed process leaves it
  const second = writeJudge(join(folder, 'second.model'), SMALL);
  const replaced = await addJudges({ out, files: { syncnet: second } });
  const folders = readdirSync(out).filter((name) => name.startsWith('syncnet-'));
  t.equal(folders.length, 1, 'what the list does not name is gone');
  t.not(folders[0], kept);
  t.same(
    Object.values(replaced.syncnet!.networks).map(({ data }) => data!.sha256),
    Object.values(listed.syncnet!.networks).map(({ data }) => data!.sha256),
    'both containers hold the same weights',
  );
  const data = join(out, replaced.syncnet!.networks.audio!.data!.file);
  const bytes = readFileSync(data);
  bytes[5000]! ^= 1;
  writeFileSync(data, bytes);
  await fails(t, () => verifyJudges(out), 'PACK_DAMAGED', /audio\.onnx\.data/);
  const opening = () => openJudge(out, replaced, 'syncnet', { threads: 1, signal: undefined });
  await fails(t, opening, 'PACK_DAMAGED', /audio\.onnx\.data/);
  rmSync(data);
  await fails(t, () => verifyJudges(out), 'PACK_DAMAGED', /none that can be read/);
  writeFileSync(join(out, 'judges.json'), '{"format":"other"}');
  await fails(t, () => readJudges(out), 'PACK_INVALID', /kdtalker-judges/);
});

goldenCase('files of other networks are refused by name, and leave nothing', [LISTS], async (t) => {
  const folder = t.testdir();
  const out = join(folder, 'judges');
  const add = (judge: JudgeName, file: string) => () => addJudges({ out, files: { [judge]: file } });
  const text = join(folder, 'text');
  writeFileSync(text, 'not a network');
  const sync = writeJudge(join(folder, 'syncnet'), SMALL);
  for (const judge of ['s3fd', 'hopenet', 'inception', 'arcface'] as const) {
    await fails(
      t,
      add(judge, sync),
      'CHECKPOINT_INVALID',
      new RegExp(`tensors of ${judge} in [\\s\\S]* missing: [\\s\\S]* not expected: netcnn`),
    );
    await fails(t, add(judge, text), 'CHECKPOINT_INVALID');
  }
  const extra = { 'netfclip.9.weight': new Tensor(new Storage('float32', Float32Array.of(1, 2)), [2]) };
  const strange = writeJudge(join(folder, 'strange'), SMALL, { more: extra });
  await fails(t, add('syncnet', strange), 'CHECKPOINT_INVALID', /1 not expected: netfclip\.9\.weight/);
  const endless = {
    'netfclip.0.bias': new Tensor(new Storage('float32', new Float32Array(512).fill(Infinity)), [512]),
  };
  const broken = writeJudge(join(folder, 'broken'), SMALL, { more: endless });
  await fails(t, add('syncnet', broken), 'CHECKPOINT_INVALID', /finite numbers for netfclip\.0\.bias/);
  await fails(t, add('syncnet', join(folder, 'nowhere')), 'FILE_NOT_FOUND', /nowhere/);
  await fails(t, add('mmod', text), 'CHECKPOINT_INVALID', /0 and 0/);
  await fails(t, add('mmod', join(folder, 'nowhere')), 'FILE_NOT_FOUND');
  await fails(t, add('juror' as never, sync), 'INVALID_ARGUMENT', /one of syncnet/);
  t.same(readdirSync(out), [], 'nothing was written');
});

t.test("InsightFace's file goes in byte for byte, whatever it calls its tensors", async (t) => {
  const folder = t.testdir();
  const out = join(folder, 'judges');
  const network = (dims: readonly (number | string)[], width: number) => {
    const g = new Graph('any', { description: '' });
    const mean = g.input('input.1', 'float32', dims).mean([2, 3], false);
    g.output(
      '683',
      mean.matmul(g.constant('weight', new Float32Array(3 * width).fill(0.5), [3, width])),
      'float32',
      [1, width],
    );
    return g.toBytes();
  };
  const file = join(folder, 'w600k_r50.onnx');
  writeFileSync(file, network(['None', 3, 112, 112], 512));
  const { arcface } = await addJudges({ out, files: { arcface: file } });
  const { identity } = arcface!.networks;
  t.match(identity, { inputs: { face: 'input.1' }, outputs: { embedding: '683' } });
  t.same(readFileSync(join(out, identity!.file)), readFileSync(file));
  const opened = await openJudge(out, { arcface: arcface! }, 'arcface', { threads: 1, signal: undefined });
  const face = { dims: [1, 3, 112, 112], data: new Float32Array(3 * 112 * 112).fill(1) };
  const { embedding } = await opened.identity!.run({ face });
  t.same([embedding!.dims, embedding!.data[511]], [[1, 512], 1.5]);
  await opened.identity!.close();
  for (const [name, bytes, pattern] of [
    ['side', network([1, 3, 128, 128], 512), /received float32 \[1,3,128,128\]/],
    ['width', network([1, 3, 112, 112], 128), /to float32 \[1,128\]/],
    ['text', Buffer.from('no model'), /received other bytes/],
  ] as const) {
    const wrong = join(folder, `${name}.onnx`);
    writeFileSync(wrong, bytes);
    await fails(t, () => addJudges({ out, files: { arcface: wrong } }), 'CHECKPOINT_INVALID', pattern);
  }
  t.same(Object.keys(await readJudges(out)), ['arcface'], 'what was there is still there');
});

goldenCase('kdtalker evaluate judges: list, add, pull, verify', [LISTS], async (t) => {
  const cwd = t.testdir();
  const known = await run(['evaluate', 'judges'], { cwd });
  t.match(known, { code: 0, stdout: /mmod_human_face_detector\.dat, 730 kB[\s\S]*CC0/ });
  const hub = await TestHub.start(t);
  const { repository, path } = JUDGES.syncnet.hub!;
  hub.put(repository, path, readFileSync(writeJudge(join(cwd, 'syncnet_v2.model'), SMALL, { legacy: true })));
  const around = { cwd, env: { HF_ENDPOINT: hub.url, HF_TOKEN: undefined } };
  const pull = ['evaluate', 'judges', '--out', 'judges', '--pull'];
  t.match(await run([...pull, 'syncnet'], around), {
    code: 2,
    stderr: /Expected --accept-licences, or a terminal/,
  });
  t.match(await run([...pull, 'mmod', '--accept-licences'], around), {
    code: 2,
    stderr: /received 'mmod'.*is from dlib\.net.*--mmod FILE/s,
  });
  t.match(await run([...pull, 'sync', '--accept-licences'], around), { code: 2, stderr: /received 'sync'/ });
  const refused = pullJudges({
    out: join(cwd, 'no'),
    endpoint: hub.url,
    judges: ['syncnet'],
    acceptLicences: false,
  });
  await fails(t, () => refused, 'LICENCE_REFUSED');
  t.equal(hub.requests.filter(({ server }) => server === 'cdn').length, 0);
  const pulled = await run([...pull, 'syncnet', '--accept-licences', '--json'], around);
  t.equal(pulled.code, 0, pulled.stderr);
  t.match(events(pulled)[0], {
    event: 'licences',
    files: [{ judge: 'syncnet', licence: /research/, repository }],
  });
  t.same(readdirSync(cwd).sort(), ['judges', 'syncnet_v2.model'], 'the downloads are gone');
  const listed = await run(['evaluate', 'judges', '--out', 'judges', '--verify'], around);
  t.match(listed, {
    code: 0,
    stdout: /syncnet +54\.\d MB[\s\S]*1 of 6 judges, all files and numbers as listed/,
  });
  copyFileSync(join(cwd, 'syncnet_v2.model'), join(cwd, 'wrong.pth'));
  const wrong = await run(['evaluate', 'judges', '--out', 'judges', '--s3fd', 'wrong.pth'], around);
  t.match(wrong, { code: 1, stderr: /tensors of s3fd/ });
});
