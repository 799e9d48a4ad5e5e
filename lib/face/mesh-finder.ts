import { join } from 'node:path';
import { native } from '../binding.js';
import { throwIfAborted } from '../errors.js';
import { BUILT_IN, checkInstalled } from '../installed.js';
import type { Picture } from '../picture.js';
import { Detector } from './detector.js';
import { chooseFace, type Finder, type FoundFace, noFace, openBeside, type Search } from './finder.js';
import { type Box, boundsOf, type Point } from './geometry.js';
import { type Mesh, MeshFitter } from './landmarks.js';
import { openFaces } from './manifest.js';
import { meanFaceIn } from './mean-face.js';
import { checkFaceSize, SMALLEST_FACE, tooSmall } from './options.js';
import { Pyramid } from './pyramid.js';
import { directionOf, type SearchResult, type Sighting, searchFaces, THRESHOLD } from './search.js';

/** The networks that come with the package. */
const SHIPPED = join(BUILT_IN, 'faces');

/** Lowest presence (0..1) of a mesh that is better than a mean face in a given box. */
const LOWEST_PRESENCE = 0.25;

/** Finds faces with MediaPipe's BlazeFace and Face Mesh, which come with the package. */
export class MeshFinder implements Finder {
  readonly #detector: Detector;
  readonly #fitter: MeshFitter;

  private constructor(detector: Detector, fitter: MeshFitter) {
    this.#detector = detector;
    this.#fitter = fitter;
  }

  /** Opens the networks of a folder with faces.json. Throws PACK_DAMAGED when they are missing or their hashes differ,
   * PACKAGE_INCOMPLETE when the package's own are missing. */
  static async open(threads: number, folder = checkInstalled(SHIPPED)): Promise<MeshFinder> {
    const files = await openFaces(folder);
    const detector = new Detector(await native().openSession(files.detector, { threads }));
    const mesh = await openBeside(detector, () => native().openSession(files.mesh, { threads }));
    return new MeshFinder(detector, new MeshFitter(mesh));
  }

  async inBox(picture: Picture, box: Box): Promise<FoundFace> {
    checkFaceSize(box, 'the box');
    const [x, y, width, height] = box;
    const pyramid = new Pyramid(picture);
    const centre: Point = [x + width / 2 - 0.5, y + height / 2 - 0.5];
    const side = Math.max(width, height);
    const angle = await directionOf(pyramid, centre, side, this.#detector);
    const mesh = await this.#fitter.fitRough(pyramid, { centre, side, angle });
    if (mesh.presence < LOWEST_PRESENCE)
      return { box, score: 1, landmarks68: meanFaceIn(box), guessed: true };
    return this.#describe(pyramid, mesh, 1);
  }

  async search(picture: Picture, { face, signal }: Search): Promise<FoundFace> {
    const pyramid = new Pyramid(picture);
    const [detector, fitter] = [this.#detector, this.#fitter];
    const found = await searchFaces(pyramid, { detector, fitter, thorough: face !== 'largest', signal });
    if (found.faces.length === 0) throw nothingFound(found, picture);
    const { mesh, score } = chooseFace(found.faces, face, picture, lookOf);
    checkFaceSize(boxOf(mesh), 'the face');
    throwIfAborted(signal, 'Looking for faces');
    return this.#describe(pyramid, mesh, score);
  }

  async #describe(pyramid: Pyramid, mesh: Mesh, score: number): Promise<FoundFace> {
    const landmarks68 = await this.#fitter.landmarks(pyramid, mesh);
    return { box: boxOf(mesh), score, mesh: mesh.points, landmarks68 };
  }

  async close(): Promise<void> {
    await Promise.all([this.#detector.close(), this.#fitter.close()]);
  }
}

function boxOf({ points }: Mesh): Box {
  return boundsOf(points.map(([x, y]): Point => [x, y]));
}

function lookOf({ mesh, centre }: Sighting) {
  const [, , width, height] = boxOf(mesh);
  return { area: width * height, centre };
}

/** In a small picture with a tiny possible face, PICTURE_TOO_SMALL helps more than NO_FACE. */
function nothingFound({ rejected }: SearchResult, { width, height }: Picture) {
  const fair = (side: number) => side < SMALLEST_FACE && side > Math.max(width, height) / 10;
  const tiny = rejected.find(({ score, side }) => score >= THRESHOLD / 2 && fair(side));
  if (tiny) return tooSmall(tiny.side, 'the face');
  const [best] = rejected;
  return noFace('a face', best?.score ?? 0, best?.needed ?? THRESHOLD);
}
