import { readFileSync, writeFileSync } from 'node:fs';
import { Motion, type Portrait, type Talker } from 'kdtalker';
import t from 'tap';
import { readSafetensors, type TensorToStore, writeSafetensors } from '../dist/packs/safetensors.js';
import { golden } from './support/golden.js';
import { numbers } from './support/graphs.js';
import { drivingKeypoints, loadDraft, motionTo, portraitOf, retargetingPack } from './support/keypoints.js';
import { fails } from './support/media.js';
import { near, openNetwork } from './support/networks.js';
import { loadBoth, portraitFile, speech } from './support/talker.js';

const cases = golden('networks.safetensors');
const x_s = cases.x_s!.data;
const x_d = cases.x_d!.data.slice(0, 63);
const [left, right, wantedEyes] = cases.eye_ratio!.data as unknown as [number, number, number];
const [lip, wantedLips] = cases.lip_ratio!.data as unknown as [number, number];
const motion = new Motion(motionTo(x_s, x_d));

const plus = (...parts: Float32Array[]) =>
  parts.reduce((sum, part) => sum.map((value, i) => value + part[i]!)) as Float32Array;

async function load(t: Parameters<typeof loadDraft>[0], device?: string) {
  const talker = await loadDraft(t, retargetingPack(), device === undefined ? {} : { device });
  const portrait = await portraitOf(t, talker, x_s, { eyes: [left, right], lip });
  return { talker, portrait };
}

const drawn = async (talker: Talker, portrait: Portrait, options: object, of = motion) =>
  drivingKeypoints(talker.animate(portrait, of, options));

t.test('the engine stitches and retargets as the golden cases', async (t) => {
  const { talker, portrait } = await load(t);
  const one = async (options: object) => (await drawn(talker, portrait, options))[0]!;
  near(t, await one({}), x_d, 2e-6, 'x_d as it is, but for the 24 bits of the drawing');
  near(t, await one({ stitch: true }), cases.stitched!.data, 1e-5, 'stitched');
  const withEyes = plus(x_d, cases.delta_eye!.data);
  near(t, await one({ eyes: wantedEyes }), withEyes, 1e-5, 'eyes');
  near(t, await one({ lips: wantedLips }), plus(x_d, cases.delta_lip!.data), 1e-5, 'lips');
  const withBoth = plus(withEyes, cases.delta_lip!.data);
  near(t, await one({ eyes: wantedEyes, lips: wantedLips }), withBoth, 1e-5, 'eyes and lips');

  const stitching = await openNetwork(t, 'stitching');
  const all = await stitching({ x_s: cases.x_s!, x_d: { dims: [1, 21, 3], data: withBoth } });
  const options = { eyes: wantedEyes, lips: wantedLips, stitch: true };
  near(t, await one(options), numbers(all.stitched), 1e-5, 'stitching comes last');
});

t.test('ratios frame by frame', async (t) => {
  const { talker, portrait } = await load(t);
  const still = new Motion(motionTo(x_s, x_d, x_d, x_d));
  const eyes = Float32Array.of(0, wantedEyes, 0.5);
  const each = await drawn(talker, portrait, { eyes }, still);
  for (const [i, wanted] of eyes.entries()) {
    const [alone] = await drawn(talker, portrait, { eyes: wanted });
    t.same(each[i], alone, `frame ${i} is that of the ratio alone`);
  }
  t.notSame(each[0], each[1]);
  const lips = [0.1, 0.2, 0.3];
  const plain = await drawn(talker, portrait, { lips: Float32Array.from(lips) }, still);
  t.same(await drawn(talker, portrait, { lips }, still), plain, 'numbers in an array are fine too');
});

t.test(
  'only the picture, the spectrogram or motion, and frames cross; the same on every device',
  async (t) => {
    const options = { eyes: Float32Array.of(0.1, 0.2), lips: 0.1, stitch: true };
    const twice = new Motion(motionTo(x_s, x_d, x_d));
    const results = [];
    for (const device of ['cpu', 'guarded']) {
      const { talker, portrait } = await load(t, device);
      const before = talker.counters();
      results.push(await drawn(talker, portrait, options, twice));
      const { motion: uploaded, frame, ...rest } = talker.counters();
      t.equal(uploaded.uploads - before.motion.uploads, 1, 'the motion, once');
      t.equal(frame.downloads - before.frame.downloads, 2, 'a download for each frame');
      t.equal(frame.downloadBytes - before.frame.downloadBytes, 2 * 3 * 63);
      for (const [name, count] of Object.entries(rest))
        t.same(count, before[name as keyof typeof before], `nothing else: ${name}`);
      const found = await talker.portrait(portraitFile, { keepPhoto: false });
      t.equal(talker.counters().picture.uploads, 1, 'a portrait with ratios: its crop, once');
      const spoken = await drivingKeypoints(talker.animate(found, speech(2), options));
      results.push(spoken);
      const after = talker.counters();
      t.equal(after.spectrogram.uploads, 1);
      t.equal(after.frame.downloads - frame.downloads, 2);
    }
    t.same(results.slice(2), results.slice(0, 2), 'guarded gives what cpu gives');
  },
);

t.test('a trace has what the networks gave', async (t) => {
  const talker = await loadDraft(t, retargetingPack());
  const options = { frames: [1], stitch: true, eyes: 0.1, lips: [0.1, 0.2] };
  const { tensors } = await talker.trace(portraitFile, speech(2), options);
  const data = (name: string) => tensors[name]!.data;
  const moved = plus(data('x_d').slice(63, 126), data('delta_eye_1'), data('delta_lip_1'));
  const delta = data('delta_stitch_1');
  const stitched = moved.map((value, i) => value + delta[i]! + (i % 3 < 2 ? delta[63 + (i % 3)]! : 0));
  near(t, data('stitched_1'), stitched, 1e-6, 'stitched = x_d with all deltas');
  const plain = await talker.trace(portraitFile, speech(2), { frames: [1] });
  t.notOk('stitched_1' in plain.tensors, 'and nothing where nothing runs');
  await fails(
    t,
    () => talker.trace(portraitFile, speech(2), { eyes: [0.1] as never, lips: [0, 0, 0] }),
    'INVALID_ARGUMENT',
    /2, one for each frame/,
  );
});

t.test('a saved portrait keeps its ratios', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const { eyes, lip: lips } = portrait.ratios!;
  for (const ratio of eyes) t.ok(ratio > 0.1 && ratio < 0.6, `an open eye: ${ratio}`);
  t.ok(lips > 0.02 && lips < 0.6, `a smile that shows teeth: ${lips}`);
  const file = `${t.testdir()}/face`;
  await portrait.save(file);
  t.same((await talker.loadPortrait(file)).ratios, portrait.ratios);
  const { tensors, metadata } = readSafetensors(readFileSync(file));
  const write = (changed: Record<string, string>) =>
    writeFileSync(file, writeSafetensors(tensors as Record<string, TensorToStore>, changed));
  write({ ...metadata, version: '5' });
  await fails(t, () => talker.loadPortrait(file), 'PORTRAIT_INVALID', /of version 5, which a later release/);
  write({ ...metadata, ratios: metadata.ratios!.replace('0.', '0.1') });
  await fails(t, () => talker.loadPortrait(file), 'PORTRAIT_INVALID', /do not match their checksum/);
  const whole = await talker.portrait(portraitFile, { crop: 'none' });
  t.equal(whole.ratios, undefined);
  await whole.save(file);
  t.equal((await talker.loadPortrait(file)).ratios, undefined);
  const first = readSafetensors(readFileSync(file));
  const { version, ...rest } = first.metadata;
  t.equal(version, '2');
  writeFileSync(file, writeSafetensors(first.tensors as Record<string, TensorToStore>, rest));
  t.equal((await talker.loadPortrait(file)).ratios, undefined, 'the first version, which had no ratios');
});

t.test('what cannot be done is refused at once', async (t) => {
  const { talker, portrait } = await load(t);
  const { talker: puppet, portrait: face } = await loadBoth(t);
  for (const [option, role] of [
    [{ stitch: true }, 'stitching'],
    [{ eyes: 0.3 }, 'eye'],
    [{ lips: Float32Array.of(0.3) }, 'lip'],
  ] as const) {
    const message = new RegExp(
      `^Expected none, as this pack has no network '${role}', for .* with pack 'puppet'`,
    );
    await fails(t, async () => puppet.animate(face, speech(2), option), 'INVALID_ARGUMENT', message);
  }
  await puppet.animate(face, speech(1), { stitch: false }).motion();
  const blind = await portraitOf(t, talker, x_s);
  await fails(
    t,
    async () => talker.animate(blind, motion, { eyes: 0.3 }),
    'INVALID_ARGUMENT',
    /a portrait with landmarks .* for eyes/,
  );
  await fails(t, async () => talker.animate(blind, motion, { lips: 0.3 }), 'INVALID_ARGUMENT', /for lips/);
  t.equal((await drawn(talker, blind, { stitch: true })).length, 1, 'stitching needs no ratios');
  for (const eyes of [-0.1, 2.1, Number.NaN, '0.3', [], Float32Array.of(0.1, 3), new Float64Array(1)])
    await fails(
      t,
      async () => talker.animate(portrait, motion, { eyes: eyes as never }),
      'INVALID_ARGUMENT',
      /a number from 0 to 2/,
    );
  await fails(
    t,
    async () => talker.animate(portrait, motion, { eyes: [0, 0] }),
    'INVALID_ARGUMENT',
    /^Expected 1, one for each frame, for the values of eyes but received 2/,
  );
  const found = await talker.portrait(portraitFile);
  const clip = talker.animate(found, speech(3), { lips: [0, 0] });
  await fails(
    t,
    () => clip.motion(),
    'INVALID_ARGUMENT',
    /^Expected 3, one for each frame, for the values of lips/,
  );
});
