import { native, type PortraitHandle } from '../binding.js';
import { KdtalkerError } from '../errors.js';
import type { FaceRatios } from '../face/faces.js';
import type { PictureInput } from '../media/index.js';
import { checkPath } from '../validate.js';
import {
  cropOf,
  cutPortrait,
  nativeCrop,
  nativePhoto,
  nativeRatios,
  type PhotoSize,
  type PortraitCrop,
} from './cut.js';
import type { TalkerHost } from './host.js';
import { Pending } from './pending.js';
import { loadPortraitFile, savePortraitFile } from './portrait-file.js';
import { checkPortraitOptions, type PortraitOptions } from './portrait-options.js';

/**
 * A prepared source picture: feature volume, canonical keypoints and pose, on the talker's device.
 * Made by `talker.portrait()`; any number of clips may share it, one after the other or at once.
 */
export class Portrait {
  /** Where it was cut out of its picture. */
  readonly crop: PortraitCrop;
  /** How far eyes and lips are open in the picture; undefined with the crop `'none'`, which looks for no landmarks. */
  readonly ratios: FaceRatios | undefined;
  /** Pixels of its whole picture; undefined where that is not kept. */
  readonly photo: PhotoSize | undefined;
  readonly #host: TalkerHost;
  readonly #handle: PortraitHandle;
  readonly #pending = new Pending();
  #closing: Promise<void> | undefined;

  private constructor(
    host: TalkerHost,
    handle: PortraitHandle,
    crop: PortraitCrop,
    ratios: FaceRatios | undefined,
    photo: PhotoSize | undefined,
  ) {
    this.#host = host;
    this.#handle = handle;
    this.crop = crop;
    this.ratios = ratios;
    this.photo = photo && { width: photo.width, height: photo.height };
  }

  /** @internal use `talker.portrait()` */
  static async prepare(host: TalkerHost, input: PictureInput, options: PortraitOptions): Promise<Portrait> {
    const keepPhoto = checkPortraitOptions(options);
    const cut = await cutPortrait(host, input, options);
    const { manifest } = host.pack;
    const photo = keepPhoto ? nativePhoto(cut.picture, cut.crop, manifest) : undefined;
    const ratios = cut.face?.ratios;
    const crop = nativeCrop(cut.crop, manifest, ratios);
    const handle = await native().preparePortrait(host.handle, { ...crop, photo });
    return new Portrait(host, handle, cropOf(cut), ratios, photo?.picture);
  }

  /** @internal use `talker.loadPortrait()` */
  static async load(host: TalkerHost, file: string): Promise<Portrait> {
    const { crop, ratios, tensors, picture } = await loadPortraitFile(file, host.pack);
    const photo = picture && nativePhoto(picture, crop, host.pack.manifest);
    const handle = await native().restorePortrait(host.handle, tensors, nativeRatios(ratios), photo);
    return new Portrait(host, handle, crop, ratios, picture);
  }

  /** @internal The engine's portrait. Throws CLOSED after close(). */
  get handle(): PortraitHandle {
    if (this.#closing === undefined) return this.#handle;
    throw new KdtalkerError(
      'CLOSED',
      'Expected an open portrait but it was closed. Prepare it again with talker.portrait()',
    );
  }

  /**
   * Writes the portrait to one file, so that it need not be prepared again: `talker.loadPortrait(file)`.
   *
   * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, CLOSED
   */
  async save(file: string): Promise<void> {
    await this.#pending.add(this.#save(file));
  }

  async #save(file: string): Promise<void> {
    checkPath(file, 'the portrait file');
    const tensors = await native().portraitTensors(this.handle);
    await savePortraitFile(file, this.#host.pack, this, tensors);
  }

  /** @internal Its memory lies on one talker's device. Throws INVALID_ARGUMENT for another's, CLOSED after close(). */
  check(host: TalkerHost): void {
    this.handle;
    if (host === this.#host) return;
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      'Expected a portrait of this talker but received one of another. Save it and load it here with talker.loadPortrait()',
    );
  }

  /** Frees the device's memory once no clip uses it any more; waits for save(). May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#pending.settled().then(() => native().closePortrait(this.#handle));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
