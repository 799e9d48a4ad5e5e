import { longCall, orAborted, type SignalOptions } from '../../abort.js';
import { native, type PortraitHandle } from '../../binding.js';
import { KdtalkerError } from '../../errors.js';
import type { FaceRatios } from '../../face/faces.js';
import type { FaceWarning } from '../../face/seen.js';
import { writeWholeFile } from '../../files/whole-file.js';
import type { PictureInput } from '../../media/index.js';
import type { Picture } from '../../picture.js';
import { checkPath, parseOptions, signalOptions } from '../../validate.js';
import { Closing } from '../host/closing.js';
import { engineWork, type TalkerHost } from '../host/host.js';
import { Pending } from '../host/pending.js';
import { cropOf, cutPortrait, nativeCrop, nativeRatios, type PortraitCrop } from './cut.js';
import { IdleLoops } from './idle-loops.js';
import { type Opacity, opacityOf } from './opacity.js';
import { fitPhoto, nativePhoto, type PhotoSize } from './photo.js';
import { loadPortraitFile, portraitFileBytes, type StoredPortrait } from './portrait-file.js';
import { checkPortraitOptions, type PortraitOptions } from './portrait-options.js';

const PREPARING = 'Preparing the portrait';
const LOADING = 'Loading the portrait';
const SAVING = 'Saving the portrait';

/** What is known of a portrait beside its tensors. */
type About = Omit<StoredPortrait, 'tensors'> & { warnings?: readonly FaceWarning[] };

/** The engine's result for a call that was aborted. */
const closePortrait = (handle: PortraitHandle) => native().closePortrait(handle);

/**
 * A prepared source picture: feature volume, canonical keypoints and pose, on the talker's device.
 * Made by `talker.portrait()`; any number of clips may share it, one after the other or at once.
 */
export class Portrait {
  /** The position of its crop in its picture. */
  readonly crop: PortraitCrop;
  /** How far eyes and lips are open in the picture; undefined with the crop `'none'`, which finds no landmarks. */
  readonly ratios: FaceRatios | undefined;
  /** What was seen that will look worse than it could, such as a turned head; nothing for a portrait that was loaded from a file. */
  readonly warnings: readonly FaceWarning[];
  /** The size of whole frames in pixels: that of the picture, but at most `maxSize`; undefined if the picture is not kept. */
  readonly photo: PhotoSize | undefined;
  /** @internal What its streams show while nobody speaks. */
  readonly loops = new IdleLoops();
  readonly #original: PhotoSize | undefined;
  readonly #opacity: Opacity | undefined;
  readonly #host: TalkerHost;
  readonly #handle: PortraitHandle;
  readonly #pending = new Pending();
  /** On other talkers of its pool. */
  readonly #copies = new Map<TalkerHost, Promise<PortraitHandle>>();
  readonly #closing = new Closing('portrait', 'Prepare it again with talker.portrait()');

  private constructor(host: TalkerHost, handle: PortraitHandle, about: About) {
    const { crop, ratios, picture, original, opacity, warnings = [] } = about;
    this.#host = host;
    this.#handle = handle;
    this.#original = original;
    this.#opacity = opacity;
    this.crop = crop;
    this.ratios = ratios;
    this.warnings = warnings;
    this.photo = picture && { width: picture.width, height: picture.height };
  }

  /** @internal use `talker.portrait()` */
  static async prepare(host: TalkerHost, input: PictureInput, options: PortraitOptions): Promise<Portrait> {
    const keepPhoto = checkPortraitOptions(options);
    const prepare = (signal: AbortSignal) =>
      Portrait.#prepare(host, input, { ...options, keepPhoto, signal });
    return longCall(PREPARING, [options.signal, host.closed], prepare, (late) => late.close());
  }

  static async #prepare(host: TalkerHost, input: PictureInput, options: PortraitOptions): Promise<Portrait> {
    const { keepPhoto, maxSize, signal } = options;
    const cut = await cutPortrait(host, input, options);
    const { manifest } = host.pack;
    const work = { signal, what: PREPARING };
    const picture = keepPhoto ? await orAborted(fitPhoto(cut.picture, maxSize), work) : undefined;
    const photo = picture && nativePhoto(picture, cut.picture, cut.crop, manifest);
    const ratios = cut.face?.ratios;
    const seen = await orAborted(opacityOf(cut.picture, cut.crop, manifest), work);
    const opacity = seen && { full: picture?.alpha, crop: seen };
    const crop = nativeCrop(cut.crop, manifest, ratios);
    const preparing = native().preparePortrait(host.handle, { ...crop, photo });
    const handle = await engineWork(host, preparing, work, closePortrait);
    const { width, height } = cut.picture;
    return new Portrait(host, handle, {
      ...{ crop: cropOf(cut), ratios, picture, opacity },
      warnings: cut.warnings,
      original: { width, height },
    });
  }

  /** @internal use `talker.loadPortrait()` */
  static async load(host: TalkerHost, file: string, given: SignalOptions): Promise<Portrait> {
    const options = parseOptions(signalOptions, given, 'the options of loadPortrait()');
    const load = (signal: AbortSignal) => Portrait.#load(host, file, signal);
    return longCall(LOADING, [options.signal, host.closed], load, (late) => late.close());
  }

  static async #load(host: TalkerHost, file: string, signal: AbortSignal): Promise<Portrait> {
    const loading = loadPortraitFile(file, host.pack);
    const { tensors, ...about } = await orAborted(loading, { signal, what: LOADING });
    const { crop, ratios, picture, original } = about;
    const photo = picture && nativePhoto(picture, original ?? picture, crop, host.pack.manifest);
    const restoring = native().restorePortrait(host.handle, tensors, nativeRatios(ratios), photo);
    const handle = await engineWork(host, restoring, { signal, what: LOADING }, closePortrait);
    return new Portrait(host, handle, about);
  }

  /** Whether parts of its picture are transparent and stay so. */
  get transparent(): boolean {
    return this.#opacity !== undefined;
  }

  /** @internal How opaque its frames are, whole pictures or crops; undefined where they are. */
  opacity(full: boolean): Uint8Array | undefined {
    return full ? this.#opacity?.full : this.#opacity?.crop;
  }

  /** @internal The engine's portrait. Throws CLOSED after close(). */
  get handle(): PortraitHandle {
    this.#closing.check();
    return this.#handle;
  }

  /**
   * Writes the portrait to a file; `talker.loadPortrait(file)` loads it without preparing it again.
   *
   * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, CLOSED
   */
  async save(file: string, options: SignalOptions = {}): Promise<void> {
    const { signal } = parseOptions(signalOptions, options, 'the options of portrait.save()');
    checkPath(file, 'the portrait file');
    const { handle } = this;
    const save = (own: AbortSignal) => this.#save(file, handle, own);
    await this.#pending.add(longCall(SAVING, [signal, this.#host.closed], save, 'kept'));
  }

  async #save(file: string, handle: PortraitHandle, signal: AbortSignal): Promise<void> {
    const { pack } = this.#host;
    const { crop, ratios } = this;
    const work = { signal, what: SAVING };
    const tensors = await engineWork(this.#host, native().portraitTensors(handle), work);
    const picture = await this.#picture(handle, signal);
    const bytes = await orAborted(
      portraitFileBytes(pack, {
        ...{ crop, ratios, tensors, picture },
        ...{ original: this.#original, opacity: this.#opacity },
      }),
      work,
    );
    await writeWholeFile(file, bytes, signal);
  }

  /** The whole picture, where it is kept. */
  async #picture(handle: PortraitHandle, signal: AbortSignal): Promise<Picture | undefined> {
    if (this.photo === undefined) return undefined;
    const { width, height } = this.photo;
    const data = new Uint8Array(width * height * 3);
    await engineWork(this.#host, native().portraitPhoto(handle, data), { signal, what: SAVING });
    return { data, width, height, alpha: this.#opacity?.full };
  }

  /** @internal Whether a talker has it, or makes a copy. */
  lies(host: TalkerHost): boolean {
    return host === this.#host || this.#copies.has(host);
  }

  /** @internal The engine's portrait on a talker of its pool, where it is copied when it is first asked for. @throws CLOSED */
  async on(host: TalkerHost): Promise<PortraitHandle> {
    const { handle } = this;
    if (host === this.#host) return handle;
    let copy = this.#copies.get(host);
    if (copy === undefined) {
      copy = this.#pending.add(this.#copyTo(host, handle));
      this.#copies.set(host, copy);
      copy.catch(() => this.#copies.delete(host)); // the next clip tries again
    }
    return copy;
  }

  async #copyTo(host: TalkerHost, handle: PortraitHandle): Promise<PortraitHandle> {
    const { manifest } = host.pack;
    const tensors = await native().portraitTensors(handle);
    const picture = await this.#picture(handle, this.#host.closed);
    const photo = picture && nativePhoto(picture, this.#original ?? picture, this.crop, manifest);
    return native().restorePortrait(host.handle, tensors, nativeRatios(this.ratios), photo);
  }

  /** @internal Its memory lies on the devices of one talker, or pool. Throws INVALID_ARGUMENT for another's, CLOSED after close(). */
  check(host: TalkerHost): void {
    this.handle;
    if (host.family === this.#host.family) return;
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      'Expected a portrait of this talker but received one of another. Save it and load it here with talker.loadPortrait()',
    );
  }

  /** Frees the device's memory once no clip uses the portrait; waits for save(). May be called twice. */
  close(): Promise<void> {
    return this.#closing.close(async () => {
      await this.#pending.settled();
      await this.loops.close();
      const copies = await Promise.allSettled(this.#copies.values());
      const made = copies.flatMap((copy) => (copy.status === 'fulfilled' ? [copy.value] : []));
      await Promise.all([this.#handle, ...made].map(closePortrait));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
