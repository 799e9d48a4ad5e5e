import { KdtalkerError, throwIfAborted } from '../errors.js';
import type { FaceRole } from '../packs/pack.js';
import type { Picture } from '../picture.js';
import { type Finder, type FoundFace, openBeside } from './finder.js';
import { type Box, boundsOf, type Point } from './geometry.js';
import type { MeshPoint } from './landmarks.js';
import { Landmarks203 } from './landmarks203.js';
import { MeshFinder } from './mesh-finder.js';
import { checkFindOptions, type FindOptions } from './options.js';
import { type FaceRatios, faceRatios } from './schemes.js';
import { ScrfdFinder } from './scrfd-finder.js';

export type { FaceChoice, FindOptions } from './options.js';
export type { FaceRatios } from './schemes.js';

/** A face in a picture. Positions are pixel indices of the picture and may lie outside it. */
export interface Face {
  /** Left, top, width, height of the mesh, or the box of the pack's detector, or the box around given landmarks. */
  readonly box: Box;
  /** 0..1; 1 when the caller gave a box or landmarks. */
  readonly score: number;
  /** 468 points of MediaPipe's mesh; undefined when the mesh was not used. */
  readonly mesh: readonly MeshPoint[] | undefined;
  /** 68 points in the order of iBUG 300-W. */
  readonly landmarks68: readonly Point[];
  /** 106 points of InsightFace; undefined when the pack lacks its networks or the caller gave landmarks. */
  readonly landmarks106: readonly Point[] | undefined;
  /** 203 points of LivePortrait; undefined when the pack lacks its network. */
  readonly landmarks203: readonly Point[] | undefined;
  /** Whether no network knows it: a mean face was laid into the caller's box. */
  readonly guessed: boolean;
  /** How far eyes and lips are open, from the finest landmarks available. */
  readonly ratios: FaceRatios;
}

/** Options of {@link FaceFinder.open}. */
export interface FaceFinderOptions {
  /** Threads for the networks; default 1. */
  readonly threads?: number;
  /** Folder with faces.json; default: the networks that come with the package. */
  readonly folder?: string;
  /**
   * Files of a pack's own networks. `detector` and `landmarks106` together replace the package's networks; `landmarks203`
   * adds points to the faces found.
   */
  readonly networks?: Partial<Record<FaceRole, string>>;
}

/**
 * Finds faces and their landmarks. Holds two or three networks; close it after use.
 *
 * @example
 * const finder = await FaceFinder.open({ threads: 2 })
 * const { landmarks68 } = await finder.find({ data, width, height }, { face: 'largest' })
 * await finder.close()
 */
export class FaceFinder {
  readonly #finder: Finder;
  readonly #landmarks203: Landmarks203 | undefined;
  #closing: Promise<void> | undefined;

  private constructor(finder: Finder, landmarks203: Landmarks203 | undefined) {
    this.#finder = finder;
    this.#landmarks203 = landmarks203;
  }

  /** Opens the networks. Throws PACK_DAMAGED when they are missing, are other networks, or their hashes differ. */
  static async open({ threads = 1, folder, networks = {} }: FaceFinderOptions = {}): Promise<FaceFinder> {
    const { detector, landmarks106, landmarks203 } = networks;
    const finder =
      detector !== undefined && landmarks106 !== undefined
        ? await ScrfdFinder.open(detector, landmarks106, threads)
        : await MeshFinder.open(threads, folder);
    if (landmarks203 === undefined) return new FaceFinder(finder, undefined);
    return new FaceFinder(finder, await openBeside(finder, () => Landmarks203.open(landmarks203, threads)));
  }

  /**
   * Finds one face.
   *
   * @throws KdtalkerError NO_FACE, with the best score seen, or with the number of faces when the index is
   * too high; PICTURE_TOO_SMALL; INVALID_ARGUMENT; PACK_DAMAGED; ABORTED; CLOSED.
   */
  async find(picture: Picture, options: FindOptions = {}): Promise<Face> {
    if (this.#closing)
      throw new KdtalkerError(
        'CLOSED',
        'Expected an open FaceFinder for find but received one that was closed',
      );
    checkFindOptions(options, picture);
    throwIfAborted(options.signal, 'Looking for faces');
    const found = await this.#found(picture, options);
    throwIfAborted(options.signal, 'Looking for faces');
    return this.#describe(picture, found);
  }

  async #found(picture: Picture, options: FindOptions): Promise<FoundFace> {
    const { landmarks, box, face = 'largest', signal } = options;
    if (landmarks) return { box: boundsOf(landmarks), score: 1, landmarks68: landmarks };
    if (box) return this.#finder.inBox(picture, box);
    return this.#finder.search(picture, { face, signal });
  }

  async #describe(picture: Picture, found: FoundFace): Promise<Face> {
    const { box, score, mesh, landmarks68, landmarks106, guessed = false } = found;
    const coarse = landmarks106 ?? landmarks68;
    const landmarks203 = await this.#landmarks203?.find(picture, coarse);
    const ratios = faceRatios(landmarks203 ?? coarse);
    return { box, score, mesh, landmarks68, landmarks106, landmarks203, guessed, ratios };
  }

  /** Frees the networks. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#finder.close(), this.#landmarks203?.close()]).then(() => undefined);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
