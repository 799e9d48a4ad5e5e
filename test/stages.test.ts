import t from 'tap';
import { fails } from './support/media.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

t.test('stages are timed once a window and once a frame', async (t) => {
  const talker = await loadTalker(t);
  const none = talker.stages();
  t.same(Object.keys(none), ['audio', 'sample', 'warp', 'decode', 'convert']);
  for (const times of Object.values(none))
    t.match(times, { laps: 0, milliseconds: 0, recent: { length: 0 } });

  const portrait = await talker.portrait(portraitFile);
  const frames = await framesOf(talker.animate(portrait, await speech(70)));
  t.equal(frames.length, 70);
  const { audio, sample, warp, decode, convert } = talker.stages();
  t.equal(audio.laps, 2, 'two windows of 64 frames');
  t.equal(sample.laps, 2);
  t.equal(warp.laps, 70, 'one network renders all of it');
  t.equal(decode.laps, 0);
  t.equal(convert.laps, 70);
  for (const { laps, milliseconds, recent } of [audio, sample, warp, convert]) {
    t.equal(recent.length, laps);
    t.ok(Math.abs(recent.reduce((sum, ms) => sum + ms, 0) - milliseconds) < 1e-6, 'the sum of the laps');
  }
  await talker.close();
  await fails(t, async () => talker.stages(), 'CLOSED', /^Expected an open talker/);
});

t.test("frames as the decoder's own numbers are those that pixels are rounded from", async (t) => {
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(portraitFile);
  const { width, height } = talker.pack.output;
  const clip = talker.animate(portrait, await speech(2), { frame: 'crop' });
  const [rgb] = await framesOf(clip);
  const [planes] = await framesOf(clip, { format: 'rgbf32' });
  t.equal(planes!.data.length, 4 * 3 * width * height);
  const values = new Float32Array(planes!.data.buffer, planes!.data.byteOffset, 3 * width * height);
  const differing = rgb!.data.findIndex((level, i) => {
    const value = values[(i % 3) * width * height + Math.floor(i / 3)]!;
    return level !== Math.trunc(Math.fround(value * 255));
  });
  t.equal(differing, -1);
});
