import { Motion, type Portrait } from 'kdtalker';
import t, { type Test } from 'tap';
import type { Point } from '../dist/face/geometry.js';
import { FACE_WARNINGS, withFlatEyes } from '../dist/face/seen.js';
import { DIRECTIONS } from '../dist/packs/puppet/directions.js';
import type { Picture } from '../dist/picture.js';
import { run } from './support/cli.js';
import { golden } from './support/golden.js';
import { fromSharp, loadPicture, toSharp } from './support/pictures.js';
import { framesOf, loadTalker, portraitFile } from './support/talker.js';

const astronaut = await loadPicture(portraitFile);
const { data: points } = golden('crop.safetensors').ffhq_1_landmarks!;
const landmarks = Array.from({ length: 68 }, (_, i): Point => [points[2 * i]!, points[2 * i + 1]!]);
const codes = ({ warnings }: Portrait) => warnings.map(({ code }) => code);
const pixels = (picture: Picture) => ({ ...picture, channels: 3 as const });

/** The picture with a rectangle of some cloth around landmarks. */
function covered(around: readonly number[], room: number, colour: readonly number[]): Picture {
  const xs = around.map((index) => landmarks[index]![0]);
  const ys = around.map((index) => landmarks[index]![1]);
  const data = astronaut.data.slice();
  for (let y = Math.round(Math.min(...ys) - room); y <= Math.max(...ys) + room; y++) {
    for (let x = Math.round(Math.min(...xs) - room); x <= Math.max(...xs) + room; x++)
      data.set(
        colour.map((level) => level + ((x + y) % 3)),
        3 * (y * astronaut.width + x),
      );
  }
  return { ...astronaut, data };
}

const MOUTH = [48, 51, 54, 57];
const EYES = [36, 37, 40, 45, 44, 47];

t.test('a good portrait has no warnings; what will look worse is told', async (t) => {
  const talker = await loadTalker(t);
  const seen = async (picture: Picture, options: object = {}) =>
    codes(await talker.portrait(pixels(picture), options));
  t.same(await seen(astronaut), []);
  t.same(await seen(astronaut, { crop: 'none' }), [], 'nobody looks for a face');
  t.same(await seen(covered(MOUTH, 14, [90, 120, 150])), ['FACE_COVERED'], 'a mask');
  t.same(await seen(covered(EYES, 11, [24, 22, 26])), ['EYES_HIDDEN'], 'dark glasses');
  t.same(await seen(await fromSharp(toSharp(astronaut).blur(3))), ['FACE_SOFT'], 'blurred');
  t.same(await seen(await fromSharp(toSharp(astronaut).resize(200, 200))), ['FACE_SOFT'], 'small');
  const top = Math.round(landmarks[24]![1]) - 8;
  const cut = toSharp(astronaut).extract({ left: 0, top, width: 512, height: 512 - top });
  t.same(await seen(await fromSharp(cut)), ['FACE_CUT_OFF'], 'without the top of the head');
  t.same(await seen(astronaut, { box: [330, 400, 80, 95] }), ['FACE_GUESSED']);
  const turned = landmarks.map(([x, y], i): Point => [i >= 27 && i < 36 ? x + 34 : x, y]);
  t.ok((await seen(astronaut, { landmarks: turned })).includes('FACE_TURNED'));
  t.notOk((await seen(astronaut, { landmarks })).includes('FACE_TURNED'));
  const shut = await talker.portrait(pixels(astronaut), { landmarks: withFlatEyes(landmarks) });
  t.same(shut.warnings, [{ code: 'EYES_SHUT', message: FACE_WARNINGS.EYES_SHUT }]);
});

t.test('eyes that are hidden do not blink', async (t) => {
  const talker = await loadTalker(t);
  const blink = faceThen('lid', 1);
  const moved = async (picture: Picture) => {
    const portrait = await talker.portrait(pixels(picture));
    const [first, second] = await framesOf(talker.animate(portrait, blink, { frame: 'crop' }));
    return first!.data.reduce((most, level, i) => Math.max(most, Math.abs(level - second!.data[i]!)), 0);
  };
  t.ok((await moved(astronaut)) > 40, 'eyes that are seen do');
  t.equal(await moved(covered(EYES, 11, [24, 22, 26])), 0);
});

t.test('no mouth is drawn on what covers it', async (t) => {
  const talker = await loadTalker(t);
  const opening = faceThen('jaw', 0.1);
  const darkest = async (picture: Picture) => {
    const portrait = await talker.portrait(pixels(picture));
    const [, open] = await framesOf(talker.animate(portrait, opening, { frame: 'crop' }));
    const { data } = open!;
    const below = Array.from({ length: 90 }, (_, row) => data[3 * (512 * (340 + row) + 256) + 2]!);
    return Math.min(...below);
  };
  t.ok((await darkest(astronaut)) < 60, 'the inside of a mouth is dark');
  const mask = await darkest(covered(MOUTH, 14, [90, 120, 150]));
  t.ok(mask > 90, `the mask and the skin around it stay: ${mask}`);
});

/** A face at rest, then one that makes a movement. */
function faceThen(direction: 'lid' | 'jaw', amount: number): Motion {
  const values = new Float32Array(140);
  values[0] = values[70] = 1;
  DIRECTIONS[direction].forEach((value, i) => {
    if (i >= 7) values[70 + i] = amount * value;
  });
  return new Motion(values);
}

t.test('the command says it', async (t: Test) => {
  const folder = t.testdir();
  await toSharp(covered(MOUTH, 14, [90, 120, 150])).toFile(`${folder}/masked.png`);
  const { code, stderr } = await run(['animate', '--portrait', 'masked.png', '--save-portrait', 'a.face'], {
    cwd: folder,
  });
  t.equal(code, 0);
  t.match(stderr, /FACE_COVERED: masked\.png: something covers the mouth/);
});
