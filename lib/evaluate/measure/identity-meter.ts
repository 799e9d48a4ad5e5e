import type { Face } from '../../face/faces.js';
import type { Picture } from '../../picture.js';
import { cosine, EMBEDDED, type Identity } from '../judged/identity.js';
import { type Measured, measured } from '../metrics.js';
import { FrameRowsWriter, readFrameRows } from './frame-rows.js';
import type { Judged, JudgedMeter } from './judged-meter.js';

/** Where the embeddings of a real video's frames are. */
export interface IdentityFiles {
  /** Their file if this video is to be compared with it. */
  readonly realIdentities: string | undefined;
  /** Their file if this is the real video. */
  readonly identitiesOut: string | undefined;
  /** Why there is nothing to compare with. */
  readonly noReal: string;
}

const NO_FACE = 'no face was found';

/** How much the person looks like the one of the reference picture, and like the one in the same real frame. */
export class IdentityMeter implements JudgedMeter {
  readonly #identity: Identity;
  readonly #reference: Float32Array | undefined;
  readonly #files: IdentityFiles;
  readonly #writer: FrameRowsWriter | undefined;
  readonly #real: AsyncGenerator<Float32Array | undefined> | undefined;
  #found = 0;
  #likeness = 0;
  #pairs = 0;
  #paired = 0;

  private constructor(
    identity: Identity,
    reference: Float32Array | undefined,
    files: IdentityFiles,
    writer: FrameRowsWriter | undefined,
  ) {
    this.#identity = identity;
    this.#reference = reference;
    this.#files = files;
    this.#writer = writer;
    const { realIdentities } = files;
    this.#real = realIdentities === undefined ? undefined : readFrameRows(realIdentities, EMBEDDED);
  }

  static async open(
    identity: Identity,
    reference: Float32Array | undefined,
    files: IdentityFiles,
  ): Promise<IdentityMeter> {
    const { identitiesOut: out } = files;
    const writer = out === undefined ? undefined : await FrameRowsWriter.create(out, EMBEDDED);
    return new IdentityMeter(identity, reference, files, writer);
  }

  async add(picture: Picture, face: Face | undefined): Promise<void> {
    const own = face && (await this.#identity.see(picture, face));
    await this.#writer?.add(own);
    // A real frame is like itself.
    const real = this.#writer ? own : (await this.#real?.next())?.value;
    if (!own) return;
    this.#found += 1;
    if (this.#reference) this.#likeness += cosine(own, this.#reference);
    if (!real) return;
    this.#pairs += 1;
    this.#paired += cosine(own, real);
  }

  async result(): Promise<Judged> {
    await this.#writer?.finish();
    const noReference = this.#reference ? NO_FACE : 'no face was found in the reference picture';
    const csim = measured(this.#reference && this.#likeness / this.#found, noReference);
    return { measurements: { csim, csimPaired: this.#compared() } };
  }

  #compared(): Measured {
    const why =
      this.#found === 0 ? NO_FACE : this.#real ? 'the real video has no face then' : this.#files.noReal;
    return measured(this.#paired / this.#pairs, why);
  }

  async close(): Promise<void> {
    await this.#writer?.discard();
    await this.#real?.return(undefined);
  }
}
