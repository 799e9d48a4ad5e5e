import { join } from 'node:path';
import { Motion } from 'kdtalker';
import t from 'tap';
import { MOTION_SIZE } from '../dist/talker/motion/motion.js';
import { numbers } from './support/graphs.js';
import { drivingKeypoints, loadDraft, retargetingPack } from './support/keypoints.js';
import { fails } from './support/media.js';
import { near, openNetwork } from './support/networks.js';
import { smallPack } from './support/small-pack.js';
import { framesOf, loadTalker, speech } from './support/talker.js';
import { colours, movingPortrait } from './support/videos.js';

const largest = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

t.test('lowered, what only the portrait decides follows the pictures', async (t) => {
  const folder = t.testdir();
  process.env.KDTALKER_CACHE = join(folder, 'cache');
  const pack = smallPack(join(folder, 'pack'));
  const filter = "negate=enable='eq(n,1)'";
  const file = movingPortrait(folder, 'moving.mp4', { frames: 2, filter });
  const drawn = [];
  for (const options of [{ lowering: false }, { threads: 1 }, { device: 'guarded', threads: 2 }] as const) {
    const talker = await loadTalker(t, options, pack);
    const video = await talker.sourceVideo(file, { crop: 'none' });
    drawn.push(await framesOf(talker.animate(video, speech(3))));
  }
  const [plain, ...lowered] = drawn;
  for (const i of [0, 2]) t.ok(largest(plain![i]!.data, plain![1]!.data) > 3, 'the pictures differ');
  for (const frames of lowered)
    for (const [i, { data }] of frames.entries())
      t.ok(largest(data, plain![i]!.data) <= 1, `frame ${i} as without lowering`);
});

t.test('eyes, lips and stitching have the keypoints and ratios of each picture', async (t) => {
  const folder = t.testdir();
  const talker = await loadDraft(t, retargetingPack());
  // Squeezed more and more, so that eyes and lips are open less and less.
  const filter = "scale=w=320:h='256-24*mod(n,3)':eval=frame,pad=320:256";
  const video = await talker.sourceVideo(movingPortrait(folder, 'moving.mp4', { frames: 3, filter }));
  const ratios = video.ratios!;
  t.equal(ratios.length, 3);
  // Of scale 1; nothing else.
  const rest = new Motion(
    Float32Array.from({ length: 3 * MOTION_SIZE }, (_, i) => (i % MOTION_SIZE === 0 ? 1 : 0)),
  );
  const drawn = async (options: object) =>
    drivingKeypoints(talker.animate(video, rest, { mode: 'relative', ...options }));
  const sources = await drawn({});
  const networks = {
    eyes: await openNetwork(t, 'eye'),
    lips: await openNetwork(t, 'lip'),
    stitching: await openNetwork(t, 'stitching'),
  };
  const plus = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]!);
  for (const part of ['eyes', 'lips'] as const) {
    const of = (i: number) => (part === 'eyes' ? [...ratios[i]!.eyes] : [ratios[i]!.lip]);
    const moved = async (source: Float32Array, ofPicture: readonly number[]) => {
      const ratio = { dims: [1, ofPicture.length + 1], data: Float32Array.of(...ofPicture, 0.2) };
      const { delta } = await networks[part]({ x_s: { dims: [1, 21, 3], data: source }, ratio });
      return plus(source, numbers(delta));
    };
    const made = await drawn({ [part]: 0.2 });
    for (const [i, found] of made.entries())
      near(t, found, await moved(sources[i]!, of(i)), 1e-5, `${part} of picture ${i}`);
    const stale = await moved(sources[2]!, of(0));
    t.notOk(
      made[2]!.every((value, i) => Math.abs(value - stale[i]!) < 1e-5),
      `${part}: another picture's ratios would show`,
    );
  }
  for (const [i, found] of (await drawn({ stitch: true })).entries()) {
    const source = { dims: [1, 21, 3], data: sources[i]! };
    const { stitched } = await networks.stitching({ x_s: source, x_d: source });
    near(t, found, numbers(stitched), 1e-5, `stitching of picture ${i}`);
  }
});

t.test('without landmarks a video has no ratios', async (t) => {
  const talker = await loadDraft(t, retargetingPack());
  const video = await talker.sourceVideo(colours(t.testdir(), 'colours.mkv', 2), { crop: 'none' });
  t.equal(video.ratios, undefined);
  const animate = async () => talker.animate(video, speech(2), { eyes: 0.3 });
  await fails(t, animate, 'INVALID_ARGUMENT', /with landmarks .* for eyes/);
});
