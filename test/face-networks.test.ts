import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FaceFinder } from '../dist/face/faces.js';
import type { Box, Point } from '../dist/face/geometry.js';
import { boxToPhoto } from '../dist/face/landmarks106.js';
import { decodeScrfd, pixelOverlap, Scrfd, scrfdFit } from '../dist/face/scrfd.js';
import { Graph } from '../dist/packs/onnx/index.js';
import type { Picture } from '../dist/picture.js';
import {
  at,
  CORNERS,
  type Dots,
  dotsFaceNetworks,
  landmarks106Graph,
  type PaintedFace,
  PLACES106,
  PLACES203,
  type Place,
  paintDots,
  paintFaces,
  pixelScrfdGraph,
  writeGraph,
} from './support/face-networks.js';
import { temporaryFolder } from './support/networks.js';

function near(t: Test, found: readonly number[], wanted: readonly number[], tolerance: number, what: string) {
  const off = Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)));
  t.ok(
    found.length === wanted.length && off <= tolerance,
    `${what}: ${found.map((value) => value.toFixed(3))} for ${wanted}, off by ${off}, allowed ${tolerance}`,
  );
}

/** Outputs of the detector with 60 anchors in four heaps, made from a counter. */
function heapedOutputs(): Float32Array[] {
  let state = 1;
  const random = (count: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % count;
  };
  const strides = [8, 16, 32];
  const outputs = [1, 4].flatMap((width) => strides.map((s) => new Float32Array(2 * (512 / s) ** 2 * width)));
  const heaps = [
    [100, 120],
    [300, 260],
    [420, 90],
    [160, 400],
  ];
  for (let i = 0; i < 60; i++) {
    const level = random(3);
    const stride = strides[level]!;
    const [x, y] = heaps[random(4)]!;
    const column = Math.floor((x! + random(40) - 20) / stride);
    const line = Math.floor((y! + random(40) - 20) / stride);
    const row = 2 * (line * (512 / stride) + column) + random(2);
    outputs[level]![row] = (90 + random(160)) / 256;
    for (let side = 0; side < 4; side++)
      outputs[3 + level]![4 * row + side] = (16 * 24 + random(16 * 48)) / 16 / stride;
  }
  return outputs;
}

t.test('SCRFD: thresholds, anchors, strides, overlaps and order of the published code', (t) => {
  const { faces, best } = decodeScrfd(heapedOutputs(), 358 / 700);
  // The same outputs through numpy: left, top, right, bottom, score.
  const wanted = [
    [125.017, 614.211, 322.748, 885.265, 0.890625],
    [193.453, 680.447, 401.571, 910.562, 0.96875],
    [73.813, 55.237, 311.26, 256.756, 0.8515625],
    [445.321, 298.307, 655.517, 502.758, 0.73046875],
    [50.105, 146.892, 242.947, 355.01, 0.96484375],
    [223.516, 630.587, 419.658, 811.575, 0.76953125],
    [664.927, 20.897, 808.642, 249.546, 0.66796875],
    [781.878, 122.451, 962.989, 303.439, 0.90234375],
    [425.768, 443.977, 654.661, 575.594, 0.9296875],
    [150.681, 167.301, 317.86, 339.49, 0.94921875],
    [445.932, 361.976, 575.227, 551.641, 0.640625],
    [739.106, 62.692, 876.344, 223.638, 0.859375],
  ];
  t.equal(faces.length, wanted.length, 'of 43 anchors');
  faces.forEach(({ box: [x, y, width, height], score }, i) => {
    near(t, [x, y, x + width, y + height, score], wanted[i]!, 6e-4, `face ${i}`);
  });
  t.equal(best, 0.96875);
  t.end();
});

t.test('SCRFD: a score of a half counts, numbers that are none do not', (t) => {
  const outputs = [1, 4].flatMap((width) =>
    [8, 16, 32].map((s) => new Float32Array(2 * (512 / s) ** 2 * width)),
  );
  outputs[2]![1] = 0.5;
  outputs[5]!.set([0, 0, 2, 1], 4);
  outputs[2]![2] = Math.fround(0.5 - 1e-7);
  outputs[1]![9] = Number.NaN;
  outputs[0]![4] = 0.9;
  outputs[3]![16] = Number.NaN;
  const { faces, best } = decodeScrfd(outputs, 1);
  t.same(
    faces.map(({ box, score }) => [...box, score]),
    [[0, 0, 64, 32, 0.5]],
  );
  t.equal(best, Math.fround(0.9));
  t.end();
});

t.test('overlaps count the last pixel', (t) => {
  t.equal(pixelOverlap([0, 0, 9, 9], [0, 0, 9, 9]), 1);
  t.equal(pixelOverlap([0, 0, 9, 9], [5, 0, 9, 9]), 50 / 150);
  t.equal(pixelOverlap([0, 0, 9, 9], [10, 0, 9, 9]), 0);
  t.equal(pixelOverlap([0, 0, 9, 9], [9, 9, 9, 9]), 1 / 199);
  // Exactly 0.4, which is allowed, without the last pixels.
  t.ok(pixelOverlap([0, 0, 7, 1], [3, 0, 7, 1]) > 0.4);
  t.end();
});

t.test('a photo in the square of the detector', (t) => {
  t.same(scrfdFit(1024, 768), { width: 512, height: 384, factor: 0.5 });
  t.same(scrfdFit(1000, 700), { width: 512, height: 358, factor: 358 / 700 });
  t.same(scrfdFit(333, 1000), { width: 170, height: 512, factor: 0.512 });
  t.same(scrfdFit(100, 100), { width: 512, height: 512, factor: 5.12 });
  t.same(scrfdFit(20000, 32), { width: 512, height: 1, factor: 1 / 32 }, 'at least a line');
  t.end();
});

t.test('SCRFD finds what is painted, at every stride and in photos of any shape', async (t) => {
  const detector = await Scrfd.open(writeGraph(temporaryFolder(t), 'det_10g.onnx', pixelScrfdGraph()), 1);
  t.teardown(() => detector.close());
  const faces: PaintedFace[] = [
    { stride: 8, x: 88, y: 104, score: 250, across: 100, down: 60 },
    { stride: 16, x: 304, y: 48, score: 200, across: 50, down: 40 },
    { stride: 32, x: 160, y: 256, score: 150, across: 20, down: 30 },
    { stride: 8, x: 400, y: 8, score: 127, across: 90, down: 90 },
  ];
  // Half width and height are 10 a stride: 80 x 48, 80 x 64 and 64 x 96 pixels of the detector's picture, the last too faint.
  const boxes: Box[] = [
    [88 - 80, 104 - 48, 160, 96],
    [304 - 80, 48 - 64, 160, 128],
    [160 - 64, 256 - 96, 128, 192],
  ];
  // The largest first: 160 x 96, 160 x 128 and 128 x 192.
  const order = [2, 1, 0];
  for (const [width, height, zoom] of [
    [512, 512, 1],
    [1024, 768, 2],
    [1440, 1536, 3],
  ] as const) {
    const { faces: found, best } = await detector.detect(paintFaces(width, height, zoom, faces));
    t.equal(found.length, 3, `${width}x${height}`);
    found.forEach(({ box, score }, i) => {
      const wanted = boxes[order[i]!]!.map((value) => value * zoom);
      near(t, box, wanted, 2e-3 * zoom, `${width}x${height}: face ${i}`);
      near(t, [score], [faces[order[i]!]!.score / 255], 1e-5, `${width}x${height}: score ${i}`);
    });
    near(t, [best], [250 / 255], 1e-5, 'the best score');
  }
  t.same((await detector.detect(paintFaces(300, 200, 1, []))).faces, []);
});

t.test('the view of a box for 106 points', (t) => {
  // A box of 40 x 64 around (50, 82): the view shows 96 pixels, from 2 on and from 34 on.
  t.same(boxToPhoto([30, 50, 40, 64]), [0.5, 0, 2, 0, 0.5, 34]);
  t.end();
});

/** A face that is turned and not symmetric, in a photo of 640 x 480. */
const DOTS: Dots = { eyeLeft: [250, 180], eyeRight: [330, 195], mouth: [270, 275] };
/** Corners and middle of the views, as the networks give points. */
const PROBES106: Point[] = [
  [-1, -1],
  [0, 0],
  [1, 1],
];
const PROBES203: Point[] = [
  [0, 0],
  [1, 0],
  [0.5, 0.5],
];

async function open(t: Test, networks: Record<string, string>): Promise<FaceFinder> {
  const finder = await FaceFinder.open({ networks, threads: 2 });
  t.teardown(() => finder.close());
  return finder;
}

const photo = paintDots(640, 480, DOTS, 5);

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function farthest(points: readonly Point[], wanted: readonly Place[]): number {
  return Math.max(...points.map((point, i) => distance(point, at(DOTS, wanted[i]!))));
}

t.test('detector, 106 and 203 points come back to the pixels that they saw', async (t) => {
  const finder = await open(t, dotsFaceNetworks(temporaryFolder(t)));
  const face = await finder.find(photo);
  const [[left, top], [right, bottom]] = CORNERS.map((corner) => at(DOTS, corner)) as [Point, Point];
  near(t, face.box, [left, top, right - left, bottom - top], 0.5, 'the box');
  t.ok(face.score > 0.85 && face.score <= 0.98, `score ${face.score}`);
  t.equal(face.mesh, undefined);
  t.equal(face.landmarks106?.length, 106);
  t.equal(face.landmarks203?.length, 203);
  t.equal(face.landmarks68.length, 68);
  t.ok(farthest(face.landmarks106!, PLACES106) < 0.25, `106: ${farthest(face.landmarks106!, PLACES106)}`);
  t.ok(farthest(face.landmarks203!, PLACES203) < 0.25, `203: ${farthest(face.landmarks203!, PLACES203)}`);
  t.same(face.landmarks68[36], face.landmarks106![35]);
  const [across, down] = [distance(DOTS.eyeLeft, DOTS.eyeRight), distance(DOTS.eyeLeft, DOTS.mouth)];
  near(
    t,
    [...face.ratios.eyes, face.ratios.lip],
    [(0.08 * down) / (0.4 * across), (0.04 * down) / (0.4 * across), (0.2 * down) / (0.6 * across)],
    2e-3,
    'the ratios are those of 203 points',
  );
});

t.test('the views have the place and size that are published', async (t) => {
  const folder = temporaryFolder(t);
  const finder = await open(t, dotsFaceNetworks(folder, { of106: PROBES106, of203: PROBES203 }));
  const box: Box = [200, 130, 160, 200];
  const face = await finder.find(photo, { box });
  const [a, b, c] = face.landmarks106!.slice(-3) as [Point, Point, Point];
  // The middle of the box between pixel centres, and 1.5 times its longer side around it.
  near(
    t,
    [...a, ...b, ...c],
    [279.5 - 150, 229.5 - 150, 279.5, 229.5, 279.5 + 150, 229.5 + 150],
    1e-3,
    '106',
  );

  // The square of docs/model.md 12, with scale 1.5 and shift -0.1, written out for these 106 points.
  const given = face.landmarks106!;
  const mean = (...indices: number[]): Point => [
    indices.reduce((sum, i) => sum + given[i]![0], 0) / indices.length,
    indices.reduce((sum, i) => sum + given[i]![1], 0) / indices.length,
  ];
  const eyes = [mean(33, 35, 40, 39), mean(87, 89, 94, 93)] as const;
  const mouth = mean(52, 61);
  const line: Point = [mouth[0] - (eyes[0][0] + eyes[1][0]) / 2, mouth[1] - (eyes[0][1] + eyes[1][1]) / 2];
  const length = Math.hypot(...line);
  const [down, right]: Point[] = [
    [line[0] / length, line[1] / length],
    [line[1] / length, -line[0] / length],
  ];
  const along = (axis: Point) => given.map(([x, y]) => x * axis[0] + y * axis[1]);
  const [xs, ys] = [along(right!), along(down!)];
  const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [[x0, x1], [y0, y1]] = [range(xs), range(ys)];
  const side = 1.5 * Math.max(x1 - x0, y1 - y0);
  const [u, v] = [(x0 + x1) / 2, (y0 + y1) / 2 - 0.1 * side];
  const place = (du: number, dv: number): Point => [
    (u + du * side) * right![0] + (v + dv * side) * down![0],
    (u + du * side) * right![1] + (v + dv * side) * down![1],
  ];
  const wanted = [place(-0.5, -0.5), place(0.5, -0.5), place(0, 0)];
  near(t, face.landmarks203!.slice(-3).flat(), wanted.flat(), 0.01, '203');
});

t.test('without the network for 203 points the ratios are those of 106', async (t) => {
  const { detector, landmarks106 } = dotsFaceNetworks(temporaryFolder(t));
  const face = await (await open(t, { detector, landmarks106 })).find(photo);
  t.equal(face.landmarks203, undefined);
  const wanted = (0.12 * distance(DOTS.eyeLeft, DOTS.mouth)) / (0.4 * distance(DOTS.eyeLeft, DOTS.eyeRight));
  near(t, [face.ratios.eyes[0]], [wanted], 2e-3, 'the left eye');
});

t.test('203 points on landmarks that were given', async (t) => {
  const { landmarks203 } = dotsFaceNetworks(temporaryFolder(t));
  const finder = await open(t, { landmarks203 });
  const landmarks = Array.from(
    { length: 68 },
    (_, i): Point => at(DOTS, [(i % 8) / 4 - 0.5, (i % 5) / 3 - 0.3]),
  );
  landmarks[36] = landmarks[39] = DOTS.eyeLeft;
  landmarks[42] = landmarks[45] = DOTS.eyeRight;
  landmarks[48] = landmarks[54] = DOTS.mouth;
  const face = await finder.find(photo, { landmarks });
  t.same(face.landmarks68, landmarks);
  t.equal(face.landmarks106, undefined);
  t.ok(farthest(face.landmarks203!, PLACES203) < 0.25, `${farthest(face.landmarks203!, PLACES203)}`);
});

t.test('which of several faces, none, and too small ones', async (t) => {
  const folder = temporaryFolder(t);
  const finder = await open(t, {
    detector: writeGraph(folder, 'det_10g.onnx', pixelScrfdGraph()),
    landmarks106: writeGraph(folder, '2d106det.onnx', landmarks106Graph(PLACES106)),
  });
  const painted: PaintedFace[] = [
    { stride: 8, x: 56, y: 56, score: 255, across: 50, down: 50 },
    { stride: 8, x: 248, y: 200, score: 140, across: 70, down: 60 },
    { stride: 8, x: 440, y: 440, score: 180, across: 60, down: 70.5 },
  ];
  const picture = paintFaces(1024, 1024, 2, painted);
  const boxes = painted.map(({ x, y, across, down }) => {
    const [width, height] = [0.8 * Math.trunc(across), 0.8 * Math.trunc(down)];
    return [2 * (x - width), 2 * (y - height), 4 * width, 4 * height];
  });
  for (const [face, index] of [
    ['center', 1],
    [2, 0],
  ] as const)
    near(t, (await finder.find(picture, { face })).box, boxes[index]!, 0.01, `${face}`);
  await t.rejects(finder.find(picture, { face: 3 }), {
    code: 'NO_FACE',
    message: /below 3 .* 3 faces; 0 is the largest/,
  });
  const faint = paintFaces(512, 512, 1, [{ ...painted[0]!, score: 99 }]);
  await t.rejects(finder.find(faint), {
    code: 'NO_FACE',
    message: /best score 0\.39, needed 0\.50\); .*box or landmarks.*'none'/,
  });
  const tiny = paintFaces(512, 512, 1, [{ ...painted[0]!, across: 11, down: 12 }]);
  await t.rejects(finder.find(tiny), {
    code: 'PICTURE_TOO_SMALL',
    message: /for the face but received 19 px/,
  });
  await t.rejects(finder.find(picture, { box: [10, 10, 19, 12] }), {
    code: 'PICTURE_TOO_SMALL',
    message: /the box/,
  });
  await t.rejects(finder.find(picture, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
  const later = new AbortController();
  const search = finder.find(picture, { signal: later.signal });
  later.abort();
  await t.rejects(search, { code: 'ABORTED' });
  await finder.close();
  await t.rejects(finder.find(picture), { code: 'CLOSED' });
});

t.test('the largest face is taken where none is asked for', async (t) => {
  const networks = dotsFaceNetworks(temporaryFolder(t));
  const finder = await open(t, {
    ...networks,
    detector: writeGraph(temporaryFolder(t), 'd.onnx', pixelScrfdGraph()),
  });
  const [small, large] = [
    { stride: 8, x: 56, y: 56, score: 255, across: 50, down: 50 },
    { stride: 16, x: 288, y: 288, score: 140, across: 70, down: 60 },
  ];
  // Three dots on the larger of the painted faces, so that all networks have something to see.
  const dots: Dots = { eyeLeft: [250, 250], eyeRight: [310, 250], mouth: [280, 330] };
  const painted = paintFaces(512, 512, 1, [small, large]);
  const data = paintDots(512, 512, dots, 5).data.map(
    (level, i) => (level > 40 ? level : 0) || painted.data[i]!,
  );
  const face = await finder.find({ data, width: 512, height: 512 });
  near(t, face.box, [288 - 112, 288 - 96, 224, 192], 0.01, 'the box');
  near(t, [face.score], [140 / 255], 1e-5, 'its score');
});

/** A network of constant outputs. */
function constant(outputs: readonly (readonly [string, number[], number])[], side: number): Graph {
  const g = new Graph('constant');
  const image = g.input('input', 'float32', [1, 3, side, side]);
  const zero = image.mul(0).sum([1, 2, 3]).reshape(1);
  for (const [name, dims, value] of outputs) {
    const size = dims.reduce((product, dim) => product * dim, 1);
    g.output(name, g.constant(name, new Float32Array(size).fill(value), dims).add(zero), 'float32', [
      'a',
      'b',
    ]);
  }
  return g;
}

t.test('networks that are others', async (t) => {
  const folder = temporaryFolder(t);
  const fine = dotsFaceNetworks(folder);
  const cases: [role: 'detector' | 'landmarks106' | 'landmarks203', graph: Graph, message: RegExp][] = [
    [
      'detector',
      landmarks106Graph(PLACES106),
      /one input float32 \[1,3,512,512\] for .*other\.onnx but received data float32 \[-1,3,192,192\]/,
    ],
    ['landmarks203', landmarks106Graph(PLACES106), /one input float32 \[1,3,224,224\]/],
    [
      'landmarks106',
      constant([['fc1', [1, 212], 0]], 128),
      /\[1,3,192,192\].* received input float32 \[1,3,128,128\]/,
    ],
    [
      'landmarks106',
      constant([['fc1', [1, 136], 0]], 192),
      /one output float32 \[1,212\] .* received fc1 float32 \[1,136\]/,
    ],
    ['landmarks106', constant([['fc1', [1, 212], Number.NaN]], 192), /finite numbers/],
    [
      'detector',
      constant(
        [...'abcdefghi'].map((name) => [name, [8192, 1], 0] as const),
        512,
      ),
      /9 outputs float32 .* received a float32 \[8192,1\]/,
    ],
    [
      'detector',
      constant(
        [...'abcdefghi'].map((name, i) => [name, [8192, [1, 4, 10][Math.floor(i / 3)]!], 0] as const),
        512,
      ),
      /2048 numbers of output 'b' .* received 8192/,
    ],
  ];
  for (const [role, graph, message] of cases) {
    const networks = { ...fine, [role]: writeGraph(folder, 'other.onnx', graph) };
    const find = async () => (await open(t, networks)).find(photo);
    await t.rejects(find(), { code: 'PACK_DAMAGED', message }, `${role}: ${message}`);
  }
  writeFileSync(join(folder, 'text.onnx'), 'no network');
  for (const role of ['detector', 'landmarks106', 'landmarks203'] as const)
    for (const file of ['text.onnx', 'missing.onnx'])
      await t.rejects(FaceFinder.open({ networks: { ...fine, [role]: join(folder, file) } }), {
        code: 'PACK_DAMAGED',
      });
});

t.test("MediaPipe's landmarks where the pack has no detector", async (t) => {
  const grey: Picture = { data: new Uint8Array(300 * 300 * 3).fill(90), width: 300, height: 300 };
  const { landmarks203 } = dotsFaceNetworks(temporaryFolder(t));
  await t.rejects((await open(t, { landmarks203 })).find(grey), {
    code: 'NO_FACE',
    message: /needed 0\.[57]0/,
  });
});
