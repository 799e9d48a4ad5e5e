import type { JudgeSession } from '../../packs/judges/session.js';
import type { Picture } from '../../picture.js';
import { boxBeforeEnlarging, type MmodFace, mmodFaces } from './mmod-faces.js';
import { enlarged, type SheetLayout, sheetLayout, sheetOf } from './mmod-sheet.js';

/** Finds faces with dlib's network. */
export class MmodFinder {
  readonly #session: JudgeSession;
  /** Of the last picture: those of a video have one size. */
  #layout: { width: number; height: number; layout: SheetLayout } | undefined;

  constructor(session: JudgeSession) {
    this.#session = session;
  }

  /** The faces of a picture as it is, best first. */
  async find(picture: Picture): Promise<MmodFace[]> {
    const layout = this.#layoutFor(picture);
    const dims = [1, 3, layout.height, layout.width];
    const { scores } = await this.#session.run({ sheet: { dims, data: sheetOf(picture, layout) } });
    return mmodFaces({ data: scores!.data as Float32Array, columns: scores!.dims[3]! }, layout);
  }

  /** The faces of a picture that is enlarged once, so that smaller ones are found; best first. */
  async findEnlarged(picture: Picture): Promise<MmodFace[]> {
    const faces = await this.find(enlarged(picture));
    return faces.map(({ box, confidence }) => ({ box: boxBeforeEnlarging(box), confidence }));
  }

  #layoutFor({ width, height }: Picture): SheetLayout {
    if (this.#layout?.width !== width || this.#layout.height !== height)
      this.#layout = { width, height, layout: sheetLayout(width, height) };
    return this.#layout.layout;
  }
}
