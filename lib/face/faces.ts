import { fileURLToPath } from 'node:url';
import { native } from '../binding.js';
import { KdtalkerError, throwIfAborted } from '../errors.js';
import { Detector } from './detector.js';
import { type Box, boundsOf, type Picture, type Point } from './geometry.js';
import { type Mesh, MeshFitter, type MeshPoint } from './landmarks.js';
import { openFaces } from './manifest.js';
import {
  checkFindOptions,
  checkPicture,
  type FaceChoice,
  type FindOptions,
  SMALLEST_FACE,
  SMALLEST_PICTURE,
  tooSmall,
} from './options.js';
import { Pyramid } from './pyramid.js';
import { directionOf, type SearchResult, type Sighting, searchFaces, THRESHOLD } from './search.js';

export type { FaceChoice, FindOptions } from './options.js';

/** A face in a picture. Positions are pixel indices of the picture, which may lie outside it. */
export interface Face {
  /** Left, top, width, height around the mesh, or around the landmarks where they were given. */
  readonly box: Box;
  /** 0..1; 1 where box or landmarks were given. */
  readonly score: number;
  /** 468 points of MediaPipe's mesh; undefined where the landmarks were given. */
  readonly mesh: readonly MeshPoint[] | undefined;
  /** 68 points in the order of iBUG 300-W. */
  readonly landmarks68: readonly Point[];
}

/** Options of {@link FaceFinder.open}. */
export interface FaceFinderOptions {
  /** Threads for the networks; default 1. */
  readonly threads?: number;
  /** Folder with faces.json; default: the networks that come with the package. */
  readonly folder?: string;
}

const SHIPPED = fileURLToPath(new URL('../built-in/faces/', import.meta.url));

/** Presence (0..1) below which a box given by hand holds nothing that the mesh can be laid on. */
const LOWEST_PRESENCE = 0.25;

const WAYS_OUT = "use another picture, give box or landmarks, or use the crop 'none'";

/**
 * Finds faces and their landmarks. Holds two small networks; close it after use.
 *
 * @example
 * const finder = await FaceFinder.open({ threads: 2 })
 * const { landmarks68 } = await finder.find({ data, width, height }, { face: 'largest' })
 * await finder.close()
 */
export class FaceFinder {
  readonly #detector: Detector;
  readonly #fitter: MeshFitter;
  #closing: Promise<void> | undefined;

  private constructor(detector: Detector, fitter: MeshFitter) {
    this.#detector = detector;
    this.#fitter = fitter;
  }

  /** Opens the networks. Throws PACK_DAMAGED where they are missing or their hashes differ. */
  static async open({ threads = 1, folder = SHIPPED }: FaceFinderOptions = {}): Promise<FaceFinder> {
    const files = await openFaces(folder);
    const detector = new Detector(await native().openSession(files.detector, { threads }));
    try {
      return new FaceFinder(detector, new MeshFitter(await native().openSession(files.mesh, { threads })));
    } catch (error) {
      await detector.close();
      throw error;
    }
  }

  /**
   * Finds one face.
   *
   * @throws KdtalkerError NO_FACE, with the best score seen, or with the number of faces where the index is
   * too high; PICTURE_TOO_SMALL; INVALID_ARGUMENT; ABORTED; CLOSED.
   */
  async find(picture: Picture, options: FindOptions = {}): Promise<Face> {
    if (this.#closing)
      throw new KdtalkerError(
        'CLOSED',
        'Expected an open FaceFinder for find but received one that was closed',
      );
    checkPicture(picture);
    checkFindOptions(options, picture);
    throwIfAborted(options.signal, 'Looking for faces');
    if (options.landmarks) return faceOfLandmarks(options.landmarks);
    if (options.box) return this.#inBox(picture, options.box);
    return this.#search(picture, options);
  }

  async #inBox(picture: Picture, [x, y, width, height]: Box): Promise<Face> {
    const photo = new Pyramid(picture);
    const centre: Point = [x + width / 2 - 0.5, y + height / 2 - 0.5];
    const side = Math.max(width, height);
    if (side < SMALLEST_FACE) throw tooSmall(side, 'the box');
    const angle = await directionOf(photo, centre, side, this.#detector);
    const mesh = await this.#fitter.fitRough(photo, { centre, side, angle });
    if (mesh.presence < LOWEST_PRESENCE)
      throw noFace(
        `a face in the box [${[x, y, width, height].map(Math.round)}]`,
        mesh.presence,
        LOWEST_PRESENCE,
      );
    return this.#describe(photo, mesh, 1);
  }

  async #search(picture: Picture, { face = 'largest', signal }: FindOptions): Promise<Face> {
    const shorter = Math.min(picture.width, picture.height);
    if (shorter < SMALLEST_PICTURE)
      throw tooSmall(shorter, 'the shorter side of the picture', SMALLEST_PICTURE);
    const photo = new Pyramid(picture);
    const [detector, fitter] = [this.#detector, this.#fitter];
    const found = await searchFaces(photo, { detector, fitter, thorough: face !== 'largest', signal });
    if (found.faces.length === 0) throw nothingFound(found, picture);
    const { mesh, score } = choose(found.faces, face, picture);
    const [, , width, height] = boxOf(mesh);
    if (Math.max(width, height) < SMALLEST_FACE) throw tooSmall(Math.max(width, height), 'the face');
    throwIfAborted(signal, 'Looking for faces');
    return this.#describe(photo, mesh, score);
  }

  async #describe(photo: Pyramid, mesh: Mesh, score: number): Promise<Face> {
    const landmarks68 = await this.#fitter.landmarks(photo, mesh);
    return { box: boxOf(mesh), score, mesh: mesh.points, landmarks68 };
  }

  /** Frees the networks. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#detector.close(), this.#fitter.close()]).then(() => undefined);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function faceOfLandmarks(landmarks: readonly Point[]): Face {
  return { box: boundsOf(landmarks), score: 1, mesh: undefined, landmarks68: landmarks };
}

function boxOf({ points }: Mesh): Box {
  return boundsOf(points.map(([x, y]): Point => [x, y]));
}

function choose(sightings: readonly Sighting[], choice: FaceChoice, picture: Picture): Sighting {
  const faces = [...sightings].sort((a, b) => area(b) - area(a));
  if (choice === 'center') return nearest(faces, [picture.width / 2, picture.height / 2]);
  const face = faces[choice === 'largest' ? 0 : choice];
  if (face) return face;
  const count = faces.length === 1 ? '1 face' : `${faces.length} faces`;
  throw new KdtalkerError(
    'NO_FACE',
    `Expected an index below ${faces.length} for face but received ${choice}: the picture has ${count}; 0 is the largest`,
  );
}

function area({ mesh }: Sighting): number {
  const [, , width, height] = boxOf(mesh);
  return width * height;
}

function nearest(faces: readonly Sighting[], [x, y]: Point): Sighting {
  const distance = ({ centre }: Sighting) => Math.hypot(centre[0] - x, centre[1] - y);
  return faces.reduce((best, face) => (distance(face) < distance(best) ? face : best));
}

function noFace(expected: string, best: number, needed: number): KdtalkerError {
  const score = `best score ${best.toFixed(2)}, needed ${needed.toFixed(2)}`;
  return new KdtalkerError(
    'NO_FACE',
    `Expected ${expected} for the portrait but received none (${score}); ${WAYS_OUT}`,
  );
}

/** Something in a small photo that might be a face but is tiny says more than "no face". */
function nothingFound({ rejected }: SearchResult, { width, height }: Picture): KdtalkerError {
  const fair = (side: number) => side < SMALLEST_FACE && side > Math.max(width, height) / 10;
  const tiny = rejected.find(({ score, side }) => score >= THRESHOLD / 2 && fair(side));
  if (tiny) return tooSmall(tiny.side, 'the face');
  const [best] = rejected;
  return noFace('a face', best?.score ?? 0, best?.needed ?? THRESHOLD);
}
