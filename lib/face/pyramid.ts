import type { Picture } from '../picture.js';
import { compose, type Matrix, resizedToOriginal } from './geometry.js';
import { resize, warp } from './resample.js';

/** Picture pixels per view pixel at which bilinear sampling starts to skip pixels. */
const COARSEST_STEP = 2;

interface Level {
  readonly picture: Picture;
  /** Indices of the picture to indices of this level. */
  readonly fromPhoto: Matrix;
}

/** A picture with copies at half, a quarter, ... of its size, made when first needed, so that its views do not alias. */
export class Pyramid {
  readonly picture: Picture;
  readonly #levels: Promise<Level>[];

  constructor(picture: Picture) {
    this.picture = picture;
    this.#levels = [Promise.resolve({ picture, fromPhoto: [1, 0, 0, 0, 1, 0] })];
  }

  /** Renders a view, a square unless it has another height; `toPhoto` maps its pixel indices to those of the picture. Black outside. */
  async render(toPhoto: Matrix, width: number, height = width): Promise<Picture> {
    const step = Math.sqrt(Math.abs(toPhoto[0] * toPhoto[4] - toPhoto[1] * toPhoto[3]));
    const depth = Math.max(0, Math.floor(Math.log(step / COARSEST_STEP) / Math.LN2) + 1);
    const { picture, fromPhoto } = await this.#level(depth);
    return warp(picture, compose(fromPhoto, toPhoto), width, height, 'black');
  }

  async #level(depth: number): Promise<Level> {
    for (let made = this.#levels.length; made <= depth; made++)
      this.#levels.push(this.#levels[made - 1]!.then((level) => this.#halve(level.picture)));
    return this.#levels[depth]!;
  }

  async #halve(from: Picture): Promise<Level> {
    const [width, height] = [Math.max(1, from.width >> 1), Math.max(1, from.height >> 1)];
    const picture = await resize(from, width, height);
    return {
      picture,
      fromPhoto: resizedToOriginal(this.picture.width / width, this.picture.height / height),
    };
  }
}
