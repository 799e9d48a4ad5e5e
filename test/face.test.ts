import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { type Face, FaceFinder } from '../dist/face/faces.js';
import type { Matrix, Point } from '../dist/face/geometry.js';
import { apply, boundsOf, invert } from '../dist/face/geometry.js';
import { warp } from '../dist/face/resample.js';
import type { Picture } from '../dist/picture.js';
import { astronautFile, fromSharp, loadPicture, toSharp } from './support/pictures.js';

const astronaut = await loadPicture(astronautFile());
const finder = await FaceFinder.open({ threads: 2 });
t.teardown(() => finder.close());

// Marked by eye on an enlargement of the astronaut; good to about two pixels, the face is 95 wide.
const MARKS: readonly (readonly [number, Point])[] = [
  [36, [193, 101]],
  [39, [213, 103]],
  [42, [236, 104]],
  [45, [258, 104]],
  [48, [203, 139]],
  [54, [246, 141]],
  [66, [223, 149]],
  [8, [221, 177]],
  [30, [223, 127]],
];

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Checks the marks after `move` has taken them from the astronaut's picture to the one searched. */
function checkMarks(t: Test, face: Face, what: string, tolerance: number, move: (point: Point) => Point) {
  const off = MARKS.map(([index, mark]) => distance(face.landmarks68[index]!, move(mark)));
  t.ok(
    Math.max(...off) <= tolerance,
    `${what}: marks off by up to ${Math.max(...off)}, allowed ${tolerance}`,
  );
}

/** The astronaut's head, 200 x 200, and how its pixels lie in the whole picture. */
const HEAD = { left: 120, top: 20, width: 200, height: 200 };

/** Heads of the given sizes on a plain ground. */
async function montage(
  width: number,
  height: number,
  heads: readonly { left: number; top: number; size: number }[],
) {
  const head = await toSharp(astronaut).extract(HEAD).png().toBuffer();
  const layers = heads.map(async ({ left, top, size }) => ({
    input: await sharp(head).resize(size, size).png().toBuffer(),
    left,
    top,
  }));
  const ground = sharp({ create: { width, height, channels: 3, background: '#667788' } });
  return loadPicture(
    await ground
      .composite(await Promise.all(layers))
      .png()
      .toBuffer(),
  );
}

function inHead({ left, top, size }: { left: number; top: number; size: number }) {
  const factor = size / HEAD.width;
  return ([x, y]: Point): Point => [
    (x - HEAD.left + 0.5) * factor - 0.5 + left,
    (y - HEAD.top + 0.5) * factor - 0.5 + top,
  ];
}

function noise(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { data, width, height };
}

t.test('a portrait: box, score, mesh and landmarks', async (t) => {
  const face = await finder.find(astronaut);
  t.ok(face.score > 0.8 && face.score <= 1, `score ${face.score}`);
  t.equal(face.mesh?.length, 468);
  t.equal(face.landmarks68.length, 68);
  const [x, y, width, height] = face.box;
  t.ok(Math.abs(x - 179) < 5 && Math.abs(y - 69) < 5, `box at ${x}, ${y}`);
  t.ok(Math.abs(width - 95) < 6 && Math.abs(height - 107) < 6, `box of ${width} x ${height}`);
  checkMarks(t, face, 'as it is', 2.5, (point) => point);
  t.ok(face.mesh![1]![2] < face.mesh![234]![2], 'the nose is nearer than the ear');
});

t.test('the same face twice is the same, also at once', async (t) => {
  const [a, b] = await Promise.all([finder.find(astronaut), finder.find(astronaut)]);
  t.same(a.landmarks68, b.landmarks68);
});

t.test('size, colour and mirror', async (t) => {
  for (const size of [160, 1400]) {
    const factor = size / 512;
    const face = await finder.find(await fromSharp(toSharp(astronaut).resize(size, size)));
    checkMarks(t, face, `${size} px`, 3 * factor, ([x, y]) => [
      (x + 0.5) * factor - 0.5,
      (y + 0.5) * factor - 0.5,
    ]);
  }
  const dark = await fromSharp(toSharp(astronaut).linear(0.3));
  checkMarks(t, await finder.find(dark), 'dark', 3, (point) => point);
  const grey = await fromSharp(toSharp(astronaut).modulate({ saturation: 0 }));
  checkMarks(t, await finder.find(grey), 'grey', 3, (point) => point);
  const face = await finder.find(astronaut);
  const mirrored = await finder.find(await fromSharp(toSharp(astronaut).flop()));
  const pairs = [36, 45, 39, 42, 48, 54, 62, 62, 66, 66, 33, 33];
  const offsets = pairs.map((index, i) => {
    const [x, y] = mirrored.landmarks68[pairs[i ^ 1]!]!;
    const [wantedX, wantedY] = face.landmarks68[index]!;
    return [511 - x - wantedX, y - wantedY] as const;
  });
  t.ok(
    offsets.every(([dx, dy]) => Math.hypot(dx, dy) < 0.6),
    `mirrored points are off by ${offsets}`,
  );
  const shift = offsets.reduce((sum, [dx]) => sum + dx, 0) / offsets.length;
  t.ok(Math.abs(shift) < 0.2, `mirrored points are ${shift} px to one side`);
});

t.test('turned pictures', async (t) => {
  for (const degrees of [30, 90, 140, 180, 270]) {
    const angle = (degrees * Math.PI) / 180;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const middle = 255.5;
    const toPhoto: Matrix = [c, s, middle - middle * (c + s), -s, c, middle + middle * (s - c)];
    const turned = await warp(astronaut, toPhoto, 512, 512, 'replicate');
    const toTurned = invert(toPhoto);
    checkMarks(t, await finder.find(turned), `${degrees} degrees`, 3, (point) => apply(toTurned, point));
  }
});

t.test('a small face in a large picture', async (t) => {
  const head = { left: 2300, top: 1400, size: 320 };
  const face = await finder.find(await montage(3000, 2000, [head]));
  checkMarks(t, face, 'a face of 5 %', 5, inHead(head));
  const corner = { left: 20, top: 500, size: 160 };
  checkMarks(
    t,
    await finder.find(await montage(700, 2400, [corner])),
    'in a high picture',
    3,
    inHead(corner),
  );
});

t.test('a face that fills the picture', async (t) => {
  const part = { left: 178, top: 75, width: 90, height: 110 };
  const close = await fromSharp(toSharp(astronaut).extract(part));
  checkMarks(t, await finder.find(close), 'close up', 3, ([x, y]) => [x - part.left, y - part.top]);
});

t.test('several faces', async (t) => {
  const heads = [
    { left: 40, top: 60, size: 260 },
    { left: 420, top: 220, size: 180 },
    { left: 690, top: 30, size: 390 },
  ] as const;
  const picture = await montage(1100, 600, heads);
  const expected = { largest: 2, center: 1, 0: 2, 1: 0, 2: 1 };
  for (const [choice, head] of Object.entries(expected)) {
    const face = choice === 'largest' || choice === 'center' ? choice : Number(choice);
    checkMarks(t, await finder.find(picture, { face }), `face ${choice}`, 5, inHead(heads[head]!));
  }
  await t.rejects(finder.find(picture, { face: 3 }), { code: 'NO_FACE', message: /has 3 faces/ });
  await t.rejects(finder.find(astronaut, { face: 1 }), { code: 'NO_FACE', message: /below 1 .* 1 face;/ });
});

t.test('no face', async (t) => {
  const plain = { data: new Uint8Array(400 * 300 * 3).fill(120), width: 400, height: 300 };
  const clouds = await fromSharp(toSharp(noise(400, 300)).blur(6).normalise());
  const suit = await fromSharp(toSharp(astronaut).extract({ left: 0, top: 260, width: 512, height: 252 }));
  for (const [name, picture] of Object.entries({ plain, noise: noise(300, 300), clouds, suit })) {
    const wanted = {
      code: 'NO_FACE',
      message: /best score 0\.\d\d, needed 0\.[57]0\); .*box or landmarks.*'none'/,
    };
    await t.rejects(finder.find(picture), wanted, name);
  }
});

t.test('too small', async (t) => {
  const tiny = await fromSharp(toSharp(astronaut).resize(80, 80));
  await t.rejects(finder.find(tiny), {
    code: 'PICTURE_TOO_SMALL',
    message: /for the face but received 1\d px/,
  });
});

t.test('a box by hand', async (t) => {
  const face = await finder.find(astronaut, { box: [180, 70, 95, 105] });
  checkMarks(t, face, 'box', 2.5, (point) => point);
  t.equal(face.score, 1);
  const upsideDown = await fromSharp(toSharp(astronaut).rotate(180));
  const turned = await finder.find(upsideDown, { box: [237, 337, 95, 105] });
  checkMarks(t, turned, 'box upside down', 3, ([x, y]) => [511 - x, 511 - y]);
  const guessed = await finder.find(astronaut, { box: [330, 400, 80, 95] });
  t.ok(guessed.guessed, 'no network knows a face there');
  const [left, top, width, height] = boundsOf(guessed.landmarks68);
  t.ok(Math.abs(left - 330) < 2 && Math.abs(left + width - 410) < 2, 'a mean face fills the box');
  t.ok(top > 400 && Math.abs(top + height - 495) < 2, 'up to its brows');
  t.notOk(face.guessed);
  for (const box of [
    [0, 0, 0, 10],
    [600, 0, 10, 10],
    [0, 0, 10],
    ['a', 0, 1, 1],
    [Number.NaN, 0, 1, 1],
  ])
    await t.rejects(finder.find(astronaut, { box: box as never }), {
      code: 'INVALID_ARGUMENT',
      message: /for box/,
    });
});

t.test('landmarks by hand are used as they are', async (t) => {
  const landmarks = Array.from({ length: 68 }, (_, i): Point => [i, 2 * i]);
  const face = await finder.find(astronaut, { landmarks });
  t.same(face.landmarks68, landmarks);
  t.same(face.box, [0, 0, 67, 134]);
  t.equal(face.mesh, undefined);
  await t.rejects(finder.find(astronaut, { landmarks: landmarks.slice(1) }), { code: 'INVALID_ARGUMENT' });
});

t.test('wrong calls', async (t) => {
  for (const face of [-1, 1.5, 'left', null])
    await t.rejects(finder.find(astronaut, { face: face as never }), {
      code: 'INVALID_ARGUMENT',
      message: /for face/,
    });
  await t.rejects(finder.find(astronaut, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
  const later = new AbortController();
  const search = finder.find(noise(600, 600), { signal: later.signal });
  setImmediate(() => later.abort());
  await t.rejects(search, { code: 'ABORTED' });
});

t.test('closing', async (t) => {
  const own = await FaceFinder.open();
  await own.close();
  await own[Symbol.asyncDispose]();
  await t.rejects(own.find(astronaut), { code: 'CLOSED' });
});

t.test('damaged networks', async (t) => {
  const folder = t.testdir();
  const shipped = fileURLToPath(new URL('../dist/built-in/faces/', import.meta.url));
  await t.rejects(FaceFinder.open({ folder }), { code: 'PACK_DAMAGED', message: /faces\.json/ });
  cpSync(shipped, folder, { recursive: true });
  const mesh = join(folder, 'mesh.onnx');
  const bytes = readFileSync(mesh);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(mesh, bytes);
  await t.rejects(FaceFinder.open({ folder }), { code: 'PACK_DAMAGED', message: /mesh\.onnx/ });
  rmSync(mesh);
  await t.rejects(FaceFinder.open({ folder }), { code: 'PACK_DAMAGED', message: /mesh\.onnx/ });
  writeFileSync(join(folder, 'faces.json'), '{"format": 2}');
  await t.rejects(FaceFinder.open({ folder }), { code: 'PACK_DAMAGED', message: /faces\.json/ });
});
