import { readFileSync } from 'node:fs';
import type { Talker } from 'kdtalker';
import t from 'tap';
import { BLINK_FRAMES, SAMPLE_RATES, SHARED_LIMITS } from '../dist/limits.js';
import { openSound } from '../dist/media/index.js';
import { parseManifest } from '../dist/packs/pack.js';
import { puppetPack } from '../dist/packs/puppet/pack.js';
import { fails, wav } from './support/media.js';
import { loadBoth, loadTalker, portraitFile } from './support/talker.js';

t.test('the header of native code is that of lib/limits.ts', async (t) => {
  const header = readFileSync(new URL('../native/core/limits.h', import.meta.url), 'utf8');
  const found = [...header.matchAll(/constexpr int (\w+) = (\d+);/g)].map(([, name, value]) => [
    name,
    Number(value),
  ]);
  t.strictSame(Object.fromEntries(found), SHARED_LIMITS, 'npm run build:lib writes it');
});

t.test('every sample rate that is let in is one that the engine takes', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const [least, most] = SAMPLE_RATES;
  for (const sampleRate of [least, most]) {
    const samples = Float32Array.from({ length: sampleRate / 5 }, (_, i) => Math.sin(i) / 2);
    t.equal((await talker.animate(portrait, { samples, sampleRate }).motion()).frames, 5, `${sampleRate}`);
    const bytes = wav({ channels: [samples], rate: sampleRate });
    t.equal((await talker.animate(portrait, bytes).motion()).frames, 5, `a file of ${sampleRate}`);
  }
  for (const sampleRate of [least - 1, most + 1]) {
    const samples = new Float32Array(sampleRate);
    const range = new RegExp(`${least} to ${most}`);
    await fails(t, () => openSound({ samples, sampleRate }), 'INVALID_ARGUMENT', range);
    const bytes = wav({ channels: [samples], rate: sampleRate });
    await fails(t, () => openSound(bytes), 'SPEECH_UNREADABLE', range);
  }
});

t.test('a blink is as long as the kernel can hold', async (t) => {
  const { blink, roles: drafts, ...rest } = puppetPack();
  const roles = Object.fromEntries(
    Object.entries(drafts).map(([name, { model, ...role }]) => {
      return [name, { ...role, bytes: model.byteLength, sha256: '0'.repeat(64) }];
    }),
  );
  const pack = (frames: number) => ({
    ...rest,
    roles,
    blink: { ...blink!, template: Array(frames).fill(1) },
  });
  t.ok(parseManifest(pack(BLINK_FRAMES[1]), 'a pack'));
  t.throws(() => parseManifest(pack(BLINK_FRAMES[1] + 1), 'a pack'), { code: 'PACK_INVALID' });
});

t.test('what an encoder cannot do is told before the sound is read', async (t) => {
  const talker: Talker = await loadTalker(t);
  const data = new Uint8Array(3 * 16_386 * 32);
  const picture = { data, width: 16_386, height: 32, channels: 3 } as const;
  const wide = await talker.portrait(picture, { crop: 'none', maxSize: 20_000 });
  const small = await talker.portrait(portraitFile);
  const folder = t.testdir({ 'old.mp4': 'old', frames: { '00000.png': 'old' } });
  const missing = `${folder}/no-speech.wav`; // reading it would say FILE_NOT_FOUND
  const save = (name: string, options = {}, portrait = small) =>
    talker
      .animate(portrait, missing, portrait === wide ? { frame: 'full' } : {})
      .save(`${folder}/${name}`, options);
  await fails(t, () => save('a.mp4', {}, wide), 'INVALID_ARGUMENT', /2 to 16384 for width .* 16386/);
  await fails(t, () => save('a.mp4', { crf: 63 }), 'INVALID_ARGUMENT', /0 to 51 for crf/);
  await fails(t, () => save('a.gif', { preset: 'fast' }), 'INVALID_ARGUMENT', /preset/);
  await fails(t, () => save('old.mp4', { overwrite: false }), 'OUTPUT_UNWRITABLE', /exists/);
  await fails(t, () => save('frames/', { overwrite: false }), 'OUTPUT_UNWRITABLE', /exists/);
  await fails(t, () => save('a.mp4'), 'FILE_NOT_FOUND');
});
