import type { Counters } from 'kdtalker';
import t from 'tap';
import { framesOf, loadBoth, loadTalker, portraitFile, speech } from './support/talker.js';
import { movingPortrait } from './support/videos.js';

const CROP_BYTES = 3 * 512 * 512;
/** The example portrait, whole. */
const PHOTO_BYTES = 3 * 512 * 512;
const FRAME_BYTES = 3 * 512 * 512;
const FRAMES = 5;

/** The counts between two readings. */
function between(before: Counters, after: Counters): Partial<Counters> {
  const changed = Object.entries(after).map(([name, count]) => {
    const old = before[name as keyof Counters];
    const difference = Object.entries(count).map(([key, value]) => [
      key,
      value - old[key as keyof typeof old],
    ]);
    return [name, Object.fromEntries(difference)];
  });
  return Object.fromEntries(
    changed.filter(([, count]) => Object.values(count as object).some((value) => value !== 0)),
  );
}

const upload = (bytes: number, uploads = 1) => ({
  uploads,
  uploadBytes: bytes,
  downloads: 0,
  downloadBytes: 0,
});
const download = (bytes: number, downloads = 1) => ({
  uploads: 0,
  uploadBytes: 0,
  downloads,
  downloadBytes: bytes,
});

const crops = { frame: 'crop' } as const;

for (const device of ['cpu', 'guarded'] as const) {
  t.test(`nothing crosses but picture, spectrogram and frames: ${device}`, async (t) => {
    const talker = await loadTalker(t, { device, threads: 1 });
    t.equal(talker.device, device);
    let seen = talker.counters();
    const step = () => {
      const now = talker.counters();
      const changed = between(seen, now);
      seen = now;
      return changed;
    };
    const portrait = await talker.portrait(portraitFile);
    t.same(step(), { picture: upload(CROP_BYTES) }, 'a portrait: its crop, once');

    // Two windows, so that the loop over windows is seen as well.
    const clip = talker.animate(portrait, speech(70), crops);
    const frames = clip.frames();
    for (let i = 0; i < FRAMES; i++) await frames.next();
    await frames.return();
    const { frame, ...rest } = step();
    // 1 + 70 * 640 / 200 columns of 80 bands.
    t.same(rest, { spectrogram: upload(225 * 80 * 4) }, 'a pass over a clip: its spectrogram, once');
    const { downloads, downloadBytes, uploads } = frame!;
    t.ok(
      downloads >= FRAMES && downloads <= FRAMES + 3,
      `${downloads} downloads for ${FRAMES} frames, 3 read ahead`,
    );
    t.same([downloadBytes, uploads], [downloads * FRAME_BYTES, 0]);

    t.equal((await framesOf(talker.animate(portrait, speech(FRAMES), crops))).length, FRAMES);
    t.same(
      step(),
      {
        spectrogram: upload((1 + (FRAMES * 640) / 200) * 80 * 4),
        frame: download(FRAMES * FRAME_BYTES, FRAMES),
      },
      'a whole clip: one download for each frame',
    );

    const small = await framesOf(talker.animate(portrait, speech(2), crops), { format: 'yuv420p' });
    t.equal(small.length, 2);
    t.same(step().frame, download(2 * (FRAME_BYTES / 2), 2), 'yuv420p: half the bytes');

    await framesOf(talker.animate(portrait, speech(2), { frame: 'full' }));
    const whole = step();
    t.same(whole.picture, upload(PHOTO_BYTES), 'whole pictures: the photo, once');
    t.same(whole.frame, download(2 * PHOTO_BYTES, 2), 'and one download for each');

    const motion = await talker.animate(portrait, speech(2), crops).motion();
    t.same(step().motion, download(2 * 2 * 70 * 4, 2), 'motion comes to the host only when it is asked for');
    await framesOf(talker.animate(portrait, motion, crops));
    t.same(
      step(),
      { motion: upload(2 * 70 * 4), frame: download(2 * FRAME_BYTES, 2) },
      'a replay: its motion, once',
    );

    const file = `${t.testdir()}/face`;
    await portrait.save(file);
    t.equal(step().portrait!.downloads, 3);
    await talker.loadPortrait(file);
    t.equal(step().portrait!.uploads, 3);

    const video = await talker.sourceVideo(movingPortrait(t.testdirName, 'moving.mp4', { frames: 3 }));
    t.same(step(), {}, 'a source video: nothing until it is shown');
    const whole3 = 3 * (3 * 320 * 256);
    await framesOf(talker.animate(video, speech(3), { frame: 'full' }));
    const { picture, frame: shown } = step();
    t.same(
      picture,
      upload(4 * CROP_BYTES + whole3, 7),
      'crop and photo of each frame, and the crop of the clip',
    );
    t.same(shown, download(whole3, 3), 'one download for each frame');
  });
}

t.test('every option works where the host may not touch memory', async (t) => {
  const { talker, portrait } = await loadBoth(t, { device: 'guarded' });
  const variants = [
    { mode: 'relative' as const, poseOffset: { yaw: 3 } },
    { sampler: 'ddpm' as const, steps: 3 },
    { eta: 0.5, steps: 3, smoothing: 20 },
    { blink: 'periodic' as const, still: true, expressionScale: 2 },
  ];
  for (const options of variants) {
    t.equal(
      (await framesOf(talker.animate(portrait, speech(2), options))).length,
      2,
      JSON.stringify(options),
    );
  }
  await talker.animate(portrait, speech(3)).save(`${t.testdir()}/talk.mp4`);
});
