// Frames in NV12: on every device the bytes of I420, with Cb and Cr side by side.
import t, { type Test } from 'tap';
import { takeCudaDouble } from './support/cuda-double.js';
import { pcm, spoken } from './support/streams.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

takeCudaDouble();

/** I420 of NV12. */
function apart(frame: Uint8Array, pixels: number): Buffer {
  const pairs = frame.subarray(pixels);
  const plane = (first: number) => pairs.filter((_, i) => i % 2 === first);
  return Buffer.concat([frame.subarray(0, pixels), plane(0), plane(1)]);
}

async function check(t: Test, device: string, name: string, options: object, picture: object | string) {
  const talker = await loadTalker(t, { device });
  const portrait = await talker.portrait(picture as string, { maxSize: 301 });
  const clip = talker.animate(portrait, speech(3), { seed: 3, steps: 2, ...options });
  const found = await framesOf(clip, { format: 'nv12' });
  const expected = await framesOf(clip, { format: 'yuv420p' });
  t.equal(found.length, 3);
  for (const [i, { data }] of found.entries()) {
    t.equal(data.length, expected[i]!.data.length);
    t.ok(apart(data, clip.width * clip.height).equals(expected[i]!.data), `${name} on ${device}, frame ${i}`);
    t.notOk(Buffer.from(data).equals(expected[i]!.data), 'it is another layout');
  }
}

for (const device of ['cpu', 'guarded', 'cuda:0']) {
  t.test(`crops on ${device}`, (t) => check(t, device, 'crop', { frame: 'crop' }, portraitFile));
  t.test(`whole pictures on ${device}`, (t) => check(t, device, 'full', { frame: 'full' }, portraitFile));
}

t.test('on white where the picture is transparent', async (t) => {
  const [width, height] = [63, 65];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 37) % 256);
  const picture = { data, width, height, channels: 4 };
  const talker = await loadTalker(t, { device: 'cpu' });
  const portrait = await talker.portrait(picture as never, { crop: 'none', background: 'transparent' });
  const clip = talker.animate(portrait, speech(1), { seed: 3, steps: 2 });
  const [found] = await framesOf(clip, { format: 'nv12' });
  const [expected] = await framesOf(clip, { format: 'yuv420p' });
  t.ok(apart(found!.data, clip.width * clip.height).equals(expected!.data));
});

t.test('a stream', async (t) => {
  const talker = await loadTalker(t, { device: 'cpu' });
  const portrait = await talker.portrait(portraitFile);
  const options = { seed: 5, hop: 2, ahead: 1, steps: 2 } as const;
  const found = await spoken(talker.stream(portrait, { ...options, format: 'nv12' }), pcm(2));
  const expected = await spoken(talker.stream(portrait, { ...options, format: 'yuv420p' }), pcm(2));
  for (const [i, { data, width, height }] of found.entries())
    t.ok(apart(data, width * height).equals(expected[i]!.data), `frame ${i}`);
});
