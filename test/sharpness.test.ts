// A face in a large photo gets no softer than the photo: its own pixels are moved, not those of a smaller crop.
import { Motion } from 'kdtalker';
import t, { type Test } from 'tap';
import { apply } from '../dist/face/geometry.js';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import type { Picture } from '../dist/picture.js';
import { loadPicture, toSharp } from './support/pictures.js';
import { randomOf } from './support/random.js';
import { framesOf, loadTalker, portraitFile } from './support/talker.js';

/** The astronaut enlarged to a side, with grain that no enlargement has. */
async function detailed(side: number): Promise<Picture & { channels: 3 }> {
  const large = await toSharp(await loadPicture(portraitFile))
    .resize(side, side)
    .raw()
    .toBuffer();
  const random = randomOf(7);
  const noise = Uint8Array.from({ length: 3 * side * side }, () => 128 + 60 * (random() - 0.5));
  const grain = await toSharp({ data: noise, width: side, height: side }).blur(0.8).raw().toBuffer();
  const data = Uint8Array.from(large, (level, i) => Math.min(Math.max(level + grain[i]! - 128, 0), 255));
  return { data, width: side, height: side, channels: 3 };
}

/** Root mean square of the Laplacian of green in a square around a place. */
function fineDetail(
  { data, width }: Pick<Picture, 'data' | 'width'>,
  [x, y]: readonly number[],
  reach: number,
): number {
  const green = (column: number, row: number) => data[3 * (row * width + column) + 1]!;
  let sum = 0;
  for (let row = Math.round(y!) - reach; row <= Math.round(y!) + reach; row++) {
    for (let column = Math.round(x!) - reach; column <= Math.round(x!) + reach; column++) {
      const around =
        green(column - 1, row) + green(column + 1, row) + green(column, row - 1) + green(column, row + 1);
      sum += (4 * green(column, row) - around) ** 2;
    }
  }
  return Math.sqrt(sum / (2 * reach + 1) ** 2);
}

/** A head that turns while the mouth opens. */
function turning(frames: number): Motion {
  const values = new Float32Array(70 * frames);
  for (let frame = 0; frame < frames; frame++) {
    const at = frame / (frames - 1);
    const open = DIRECTIONS.jaw.map((value) => 0.05 * at * value);
    values.set([1, 14 * at - 7, 4 - 6 * at, 3 * at, ...open.slice(4)], 70 * frame);
  }
  return new Motion(values, 25);
}

/** How much of a cheek's detail a turning head keeps on the mean, for both cheeks, in a photo of a side. */
async function keptDetail(t: Test, side: number, reach: number): Promise<number[]> {
  const photo = await detailed(side);
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(photo);
  const { size, toPhoto } = portrait.crop;
  const cheeks = [0.33, 0.67].map((x) => apply(toPhoto, [x * size, 0.61 * size]));
  const frames = await framesOf(talker.animate(portrait, turning(5), { frame: 'full', smoothing: 0 }));
  return cheeks.map((cheek) => {
    const kept = frames.map((frame) => fineDetail(frame, cheek, reach) / fineDetail(photo, cheek, reach));
    return kept.reduce((sum, share) => sum + share, 0) / kept.length;
  });
}

for (const { name, side, reach } of [
  { name: 'a photo that is larger than the crop', side: 1400, reach: 40 },
  { name: 'a photo that is a third of the crop', side: 512, reach: 12 },
]) {
  t.test(`cheeks keep the detail of ${name}`, async (t) => {
    for (const kept of await keptDetail(t, side, reach))
      t.ok(kept >= 0.85 && kept < 1.15, `${kept.toFixed(2)} on the mean`);
  });
}

t.test('a photo that does not move keeps its bytes', async (t) => {
  const photo = await detailed(1100);
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(photo);
  const rest = new Motion(
    Float32Array.from({ length: 70 }, (_, i) => (i === 0 ? 1 : 0)),
    25,
  );
  const [frame] = await framesOf(talker.animate(portrait, rest, { frame: 'full' }));
  t.ok(Buffer.compare(frame!.data, photo.data) === 0, 'every byte');
});
