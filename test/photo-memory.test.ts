import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { native, type PortraitHandle, type TalkerHandle } from '../dist/binding.js';
import { nativeTalkerOptions } from '../dist/packs/native-options.js';
import { readPack } from '../dist/packs/pack.js';
import type { Picture } from '../dist/picture.js';
import { loadTalker } from './support/talker.js';

const MEGABYTE = 2 ** 20;

function grey(width: number, height: number, level = 128): Picture {
  return { data: new Uint8Array(width * height * 3).fill(level), width, height };
}

const WHOLE = Float64Array.of(1, 0, 0, 0, 1, 0);

async function openTalker(t: Test): Promise<TalkerHandle> {
  const pack = await readPack('puppet');
  const options = nativeTalkerOptions(pack, { device: 'cpu', threads: 1, lowered: undefined });
  const talker = await native().openTalker(options);
  t.teardown(() => native().closeTalker(talker));
  return talker;
}

function prepare(talker: TalkerHandle, picture: Picture): Promise<PortraitHandle> {
  const keypoints = new Float32Array(126).fill(1, 0, 63);
  const photo = { picture, toPhoto: WHOLE };
  return native().preparePortrait(talker, {
    crop: grey(512, 512),
    keypoints,
    ratios: new Float32Array(),
    photo,
  });
}

/** Keeps every engine thread busy for a while: later requests wait. Allocates nothing meanwhile. */
function keepEngineBusy(): () => Promise<unknown> {
  const picture = grey(512, 512);
  const out = grey(3000, 3000);
  const warp = () => native().warpPicture(picture, WHOLE, out, 'replicate');
  return () => Promise.all(Array.from({ length: 12 }, warp));
}

/** Runs the garbage collector and its deferred work. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 4; round++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const external = () => native().externalMemory();

t.test('a photo is not read before an engine thread takes it', async (t) => {
  const talker = await openTalker(t);
  const picture = grey(800, 600, 10);
  const keepBusy = keepEngineBusy();
  const busy = keepBusy();
  const preparing = prepare(talker, picture);
  picture.data.fill(77); // in the same turn: a copy made by the call itself would hold tens
  const portrait = await preparing;
  await busy;
  const kept = new Uint8Array(picture.data.length);
  await native().portraitPhoto(portrait, kept);
  t.ok(kept.every((level) => level === 77));
  picture.data.fill(0);
  await native().portraitPhoto(portrait, kept);
  t.ok(
    kept.every((level) => level === 77),
    'and the engine has its own from then on',
  );
  t.throws(() => native().portraitPhoto(portrait, new Uint8Array(3)), { code: 'INVALID_ARGUMENT' });
  await native().closePortrait(portrait);
});

t.test('a picture to warp is read where it is', async (t) => {
  const picture = grey(400, 300, 10);
  const keepBusy = keepEngineBusy();
  const out = grey(400, 300);
  const busy = keepBusy();
  const warping = native().warpPicture(picture, WHOLE, out, 'replicate');
  picture.data.fill(77);
  await Promise.all([busy, warping]);
  t.ok(out.data.every((level) => level === 77));
});

t.test('pictures whose bytes do not fit their size are refused', async (t) => {
  const talker = await openTalker(t);
  const short = { ...grey(40, 40), width: 41 };
  const wanted = { code: 'INVALID_ARGUMENT', message: /the bytes of 41x40 pixels/ };
  t.throws(() => prepare(talker, short), wanted);
  t.throws(() => native().warpPicture(short, WHOLE, grey(8, 8), 'black'), wanted);
  t.throws(() => native().warpPicture(grey(8, 8), WHOLE, short, 'black'), wanted);
  t.throws(() => native().readPictureMotion(talker, short), wanted);
});

t.test('the garbage collector knows what portraits hold', async (t) => {
  const talker = await openTalker(t);
  const picture = grey(4000, 2500);
  const photo = picture.data.length;
  await collectGarbage();
  const before = external();
  let portrait: PortraitHandle | undefined = await prepare(talker, picture);
  const held = external() - before;
  t.ok(held > photo && held < photo + 40 * MEGABYTE, `${held} bytes of a photo of ${photo}`);
  await native().closePortrait(portrait);
  t.ok(external() - before < photo / 2, 'close() gives them back');
  portrait = await prepare(talker, picture);
  t.ok(external() - before > photo);
  portrait = undefined;
  await collectGarbage();
  t.ok(external() - before < photo / 2, 'and so does the collector');
});

t.test('talker.portrait() and close(), too', async (t) => {
  const talker = await loadTalker(t);
  const [width, height] = [3000, 2000];
  const data = new Uint8Array(width * height * 3);
  await collectGarbage();
  const before = external();
  const portrait = await talker.portrait(
    { data, width, height, channels: 3 },
    { crop: 'none', maxSize: 3000 },
  );
  await collectGarbage();
  t.ok(external() - before > data.length, 'the photo, and not JavaScript’s copy of it');
  t.ok(external() - before < 2 * data.length);
  await portrait.close();
  await collectGarbage();
  t.ok(external() - before < data.length / 2);
});
