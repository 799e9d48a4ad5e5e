import t from 'tap';
import { type Detection, type Detector, distinct } from '../dist/face/detector.js';
import type { MeshFitter } from '../dist/face/landmarks.js';
import { Pyramid } from '../dist/face/pyramid.js';
import { searchFaces } from '../dist/face/search.js';

const WIDTH = 1200;
const HEIGHT = 800;

function detection(x: number, y: number, side: number, score = 0.9): Detection {
  return { centre: [x, y], side, angle: 0, box: [x - side / 2, y - side / 2, side, side], score };
}

/** A search in which the whole picture shows some faces, and the tiles of half or a quarter of it others. */
async function search(whole: readonly Detection[], tiles: readonly Detection[], thorough = false) {
  let views = 0;
  const detector = {
    async detect() {
      views++;
      return views === 1 ? whole : tiles;
    },
  } as unknown as Detector;
  const fitter = { fit: async () => ({ presence: 1, points: [] }) } as unknown as MeshFitter;
  const picture = { data: new Uint8Array(3 * WIDTH * HEIGHT), width: WIDTH, height: HEIGHT };
  const { faces } = await searchFaces(new Pyramid(picture), { detector, fitter, thorough });
  return { views, faces: faces.map(({ side }) => side).sort((a, b) => b - a) };
}

t.test('a large face alone ends the search at once', async (t) => {
  t.same(await search([detection(400, 400, 300)], [detection(900, 300, 350)]), { views: 1, faces: [300] });
});

t.test('beside a small face a larger one is looked for', async (t) => {
  const { faces } = await search([detection(400, 400, 120)], [detection(900, 300, 150)]);
  t.same(faces, [150, 120]);
});

t.test('beside two faces a larger one is looked for', async (t) => {
  const two = [detection(300, 400, 210), detection(600, 400, 205)];
  t.same((await search(two, [detection(900, 300, 250)])).faces, [250, 210, 205]);
});

t.test('a thorough search finds forty faces', async (t) => {
  const crowd = Array.from({ length: 40 }, (_, i) =>
    detection(60 + 110 * (i % 10), 80 + 160 * Math.floor(i / 10), 60),
  );
  t.equal((await search([], crowd, true)).faces.length, 40);
});

t.test('a part of a face is not a second face, a neighbour is', async (t) => {
  const face = detection(300, 300, 200);
  const mouth = detection(300, 350, 90, 0.8);
  const neighbour = detection(480, 300, 180, 0.85);
  t.same(distinct([mouth, face, neighbour]), [face, neighbour]);
});
