import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { readPack, Talker } from 'kdtalker';
import t from 'tap';
import { CROP_KINDS } from '../dist/face/crop/index.js';
import { fails, names } from './support/media.js';
import { loadPicture } from './support/pictures.js';
import { hashOf, loadBoth, loadTalker, portraitFile, randoms, speech } from './support/talker.js';

const FLIPS = 80;
const PUPPET = (await readPack('puppet')).directory;

t.test('a portrait says where it was cut out', async (t) => {
  const talker = await loadTalker(t);
  for (const crop of CROP_KINDS) {
    const { crop: cut } = await talker.portrait(portraitFile, { crop });
    t.match(cut, { kind: crop, size: 512 });
    const [a, b, c, d, e, f] = cut.toPhoto;
    const [x, y] = [a * 100 + b * 200 + c, d * 100 + e * 200 + f];
    const [g, h, i, j, k, l] = cut.toCrop;
    t.ok(Math.hypot(g * x + h * y + i - 100, j * x + k * y + l - 200) < 1e-6, `${crop}: there and back`);
    if (crop === 'none') t.equal(cut.box, undefined);
    else t.ok(cut.score! > 0.5 && cut.box![2] > 50, `${crop}: the face`);
  }
});

t.test('each crop moves', async (t) => {
  const talker = await loadTalker(t);
  const hashes = new Set<string>();
  for (const crop of CROP_KINDS) {
    hashes.add(await hashOf(talker.animate(await talker.portrait(portraitFile, { crop }), speech(2))));
  }
  t.equal(hashes.size, CROP_KINDS.length);
});

t.test('options of portrait() are checked', async (t) => {
  const talker = await loadTalker(t);
  for (const [options, message] of [
    [{ crop: 'square' }, /for crop of the options of portrait\(\) but received 'square'/],
    [{ face: 'smallest' }, /'largest', 'center' or an index from 0/],
    [{ box: [1, 2, 3] }, /\[left, top, width, height\]/],
    [{ landmarks: [[1, 2]] }, /68 points/],
    [{ signal: 1 }, /an AbortSignal/],
    [{ Crop: 'ffhq' }, /received 'Crop'/],
  ] as const) {
    await fails(t, () => talker.portrait(portraitFile, options as never), 'INVALID_ARGUMENT', message);
  }
  await fails(t, () => talker.portrait(7 as never), 'INVALID_ARGUMENT', /for portrait/);
  await fails(t, () => talker.portrait(portraitFile, { face: 4 }), 'NO_FACE', /1 face/);
  await fails(t, () => talker.portrait(portraitFile, { signal: AbortSignal.abort() }), 'ABORTED');
});

t.test('a signal ends the preparation', async (t) => {
  const talker = await loadTalker(t);
  const controller = new AbortController();
  const work = talker.portrait(portraitFile, { signal: controller.signal });
  controller.abort('enough');
  const error = await fails(t, () => work, 'ABORTED');
  t.equal(error?.cause, 'enough');
});

t.test('landmarks and boxes given by hand are used', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const [left, top, width, height] = portrait.crop.box!;
  const boxed = await talker.portrait(portraitFile, { box: [left, top, width, height] });
  t.equal(boxed.crop.score, 1);
  t.ok(Math.abs(boxed.crop.toPhoto[2] - portrait.crop.toPhoto[2]) < 12, 'about the same place');
  const landmarks = Array.from({ length: 68 }, (_, i): [number, number] => [
    left + (i % 9) * 8,
    top + Math.floor(i / 9) * 8,
  ]);
  const pointed = await talker.portrait(portraitFile, { landmarks });
  t.equal(pointed.crop.score, 1);
  t.notSame(pointed.crop.toPhoto, portrait.crop.toPhoto);
});

t.test('a saved portrait gives the same bytes', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const folder = t.testdir();
  const file = `${folder}/face.portrait`;
  await portrait.save(file);
  t.same(names(folder), ['face.portrait'], 'and nothing else');
  const loaded = await talker.loadPortrait(file);
  t.same(loaded.crop, portrait.crop);
  const clip = talker.animate(portrait, speech(4));
  t.equal(await hashOf(talker.animate(loaded, speech(4))), await hashOf(clip));
  await loaded.save(`${folder}/again.portrait`);
  t.ok(readFileSync(file).equals(readFileSync(`${folder}/again.portrait`)), 'and saves to the same file');
  const guarded = await loadTalker(t, { device: 'guarded' });
  const moved = await guarded.loadPortrait(file);
  t.equal(await hashOf(guarded.animate(moved, speech(4))), await hashOf(clip), 'on another device');
});

t.test('a portrait of another pack is refused', async (t) => {
  const { portrait } = await loadBoth(t);
  const folder = t.testdir({ other: {} });
  await portrait.save(`${folder}/face.portrait`);
  cpSync(PUPPET, `${folder}/other`, { recursive: true });
  const other = await packWithOtherMotion(`${folder}/other`);
  const talker = await Talker.load(other);
  t.teardown(() => talker.close());
  await fails(
    t,
    () => talker.loadPortrait(`${folder}/face.portrait`),
    'PORTRAIT_INVALID',
    /made with pack puppet .* other/,
  );
});

/** The puppet under another name, with a motion network of another hash: one byte more that no reader minds. */
async function packWithOtherMotion(folder: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(`${folder}/pack.json`, 'utf8'));
  const { createHash } = await import('node:crypto');
  // Field 100, an empty string: unknown fields are skipped by every protobuf reader.
  const model = Buffer.concat([readFileSync(`${folder}/motion.onnx`), Buffer.from([0xa2, 0x06, 0x00])]);
  writeFileSync(`${folder}/motion.onnx`, model);
  Object.assign(manifest.roles.motion, {
    bytes: model.length,
    sha256: createHash('sha256').update(model).digest('hex'),
  });
  writeFileSync(`${folder}/pack.json`, JSON.stringify({ ...manifest, name: 'other' }));
  return folder;
}

t.test('a damaged portrait file is refused', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const folder = t.testdir();
  const file = `${folder}/face.portrait`;
  await portrait.save(file);
  const whole = readFileSync(file);
  await fails(t, () => talker.loadPortrait(`${folder}/none`), 'FILE_NOT_FOUND', /none/);
  await fails(t, () => talker.loadPortrait(folder), 'FILE_NOT_FOUND');
  await fails(t, () => talker.loadPortrait(3 as never), 'INVALID_ARGUMENT', /a path/);
  await fails(t, () => talker.loadPortrait(portraitFile), 'PORTRAIT_INVALID', /Save it again/);
  const random = randoms(7);
  for (const size of [
    0,
    4,
    8,
    100,
    ...Array.from({ length: 10 }, () => Math.floor(random() * whole.length)),
    whole.length - 1,
  ]) {
    writeFileSync(file, whole);
    truncateSync(file, size);
    await fails(t, () => talker.loadPortrait(file), 'PORTRAIT_INVALID', /^Expected .*Save it again/);
  }
  const header = Number(whole.readBigUInt64LE());
  let refused = 0;
  for (let i = 0; i < FLIPS; i++) {
    const flipped = Buffer.from(whole);
    flipped[Math.floor(random() * (i % 2 === 0 ? header + 8 : whole.length))]! ^=
      1 << Math.floor(random() * 8);
    writeFileSync(file, flipped);
    const code = await talker.loadPortrait(file).then(
      (loaded) => loaded.close(),
      (error: { code: string }) => error.code,
    );
    if (code !== undefined) t.equal(code, 'PORTRAIT_INVALID', `flip ${i}`) && refused++;
  }
  // What is left changes nothing that counts: the name of the pack that made it, for instance.
  t.ok(refused > 0.9 * FLIPS, `${refused} of ${FLIPS} flipped bits were refused`);
  writeFileSync(
    file,
    Buffer.concat([whole.subarray(0, header + 8), Buffer.alloc(whole.length - header - 8, 0xff)]),
  );
  await fails(t, () => talker.loadPortrait(file), 'PORTRAIT_INVALID', /not finite/);
});

t.test('a portrait that cannot be written leaves nothing behind', async (t) => {
  const { portrait } = await loadBoth(t);
  const folder = t.testdir({ taken: {} });
  await fails(t, () => portrait.save(`${folder}/missing/face`), 'OUTPUT_UNWRITABLE');
  await fails(t, () => portrait.save(`${folder}/taken`), 'OUTPUT_UNWRITABLE');
  await fails(t, () => portrait.save(''), 'INVALID_ARGUMENT', /a path/);
  t.same(names(folder), ['taken']);
});

t.test('pixels of any count of channels', async (t) => {
  const talker = await loadTalker(t);
  const { data, width, height } = await loadPicture(portraitFile);
  const rgba = new Uint8Array((data.length / 3) * 4).fill(255);
  for (let i = 0; i < data.length; i++) rgba[Math.floor(i / 3) * 4 + (i % 3)] = data[i]!;
  const three = await talker.portrait({ data, width, height, channels: 3 });
  const four = await talker.portrait({ data: rgba, width, height, channels: 4 });
  t.equal(await hashOf(talker.animate(four, speech(1))), await hashOf(talker.animate(three, speech(1))));
  const grey = Uint8Array.from({ length: width * height }, (_, i) => data[3 * i + 1]!);
  t.ok((await talker.portrait({ data: grey, width, height, channels: 1 })).crop.score! > 0.5, 'a grey one');
});
