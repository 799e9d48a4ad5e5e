import { longCall, type SignalOptions } from '../abort.js';
import { type Counters, type DeviceWork, native, type Stages, type TalkerHandle } from '../binding.js';
import { FaceFinder } from '../face/faces.js';
import type { PictureInput, SoundInput, VideoInput } from '../media/index.js';
import { faceFiles } from '../packs/faces.js';
import type { Precision } from '../packs/lowering/precision.js';
import type { Pack, PackManifest } from '../packs/pack.js';
import type { Picture } from '../picture.js';
import { checkPath } from '../validate.js';
import { Clip } from './clip/clip.js';
import type { AnimateOptions } from './clip/clip-options.js';
import { makeClip } from './clip/make-clip.js';
import { StreamAdmission } from './host/admission.js';
import { Closing } from './host/closing.js';
import type { Placement, TalkerHost } from './host/host.js';
import { Pending } from './host/pending.js';
import { type TalkerStats, talkerStats } from './host/talker-stats.js';
import { type Internals, keepInternals } from './internals.js';
import { LOADING, type LoadedPack, loadPack } from './load/load.js';
import { planTalker, type TalkerOptions } from './load/talker-options.js';
import type { Motion } from './motion/motion.js';
import type { FaceToCut } from './portrait/cut.js';
import { pictureMotion, type SeenMotion, seenMotion } from './portrait/picture-motion.js';
import { Portrait } from './portrait/portrait.js';
import type { PortraitOptions } from './portrait/portrait-options.js';
import { makeStream } from './stream/make-stream.js';
import { computeTime } from './stream/stream-delay.js';
import type { StreamOptions } from './stream/stream-options.js';
import { TalkStream } from './stream/talk-stream.js';
import { Trace, type TraceOptions } from './trace.js';
import { SourceVideo } from './video/source-video.js';
import { motionFromVideo } from './video/video-motion.js';
import type { SourceVideoOptions, VideoMotionOptions } from './video/video-options.js';
import { Visemes, type VisemesOptions } from './visemes.js';

/**
 * A pack loaded on a device, ready to work. Load one and keep it: portraits and clips share its networks and threads.
 *
 * @example
 * const talker = await Talker.load('puppet')
 * const portrait = await talker.portrait('face.jpg')
 * await talker.animate(portrait, 'speech.wav', { seed: 7 }).save('talk.mp4')
 * await talker.close()
 */
export class Talker {
  /** The pack's manifest. */
  readonly pack: PackManifest;
  /** The device in use: `'cpu'`, `'guarded'`, `'cuda:0'` or `'tensorrt:0'`. */
  readonly device: string;
  /** Why device `'auto'` took the processor and no GPU; undefined if it took one, or if a device was named. */
  readonly deviceNote: string | undefined;
  /** Arithmetic of its lowered networks: the precision selected on this machine. */
  readonly precision: Precision;
  readonly #host: TalkerHost;
  readonly #children = new Set<WeakRef<Portrait | SourceVideo | Clip | TalkStream>>();
  readonly #pending = new Pending();
  readonly #closing = new Closing('talker', 'Load another with Talker.load()');
  readonly #handle: TalkerHandle;
  /** Frames that are rendered side by side, and two for the reader: with fewer a renderer would wait for JavaScript. */
  readonly #readAhead: number;
  readonly #admission: StreamAdmission;
  readonly #place = (): Placement => ({ host: this.#host, admission: this.#admission, counted: () => {} });
  #faces: Promise<FaceFinder> | undefined;

  private constructor({ pack, handle, threads, precision, plans, deviceNote }: LoadedPack) {
    this.pack = pack.manifest;
    this.precision = precision;
    this.device = native().talkerDevice(handle);
    this.deviceNote = deviceNote;
    this.#handle = handle;
    this.#readAhead = native().framesAtOnce(handle) + 2;
    this.#admission = new StreamAdmission(handle, this.pack.fps);
    const { signal: closed } = this.#closing;
    const faces = () => this.#openFaces(pack, threads);
    this.#host = { handle, family: {}, pack, closed, plans, unheard: this.#pending, faces };
    keepInternals(this, this.#internals());
  }

  #internals(): Internals {
    const { device, deviceNote } = this;
    const made = { device, ...(deviceNote !== undefined && { deviceNote }) };
    const making = { made, readAhead: this.#readAhead, check: () => this.#check() };
    return { host: this.#host, admission: this.#admission, making, adopt: (child) => this.#adopt(child) };
  }

  /**
   * Loads a pack on a device, after comparing its files with their hashes. The first load lowers the pack for the processor, which takes a
   * while for a large pack; `kdtalker packs compile` does it in advance.
   *
   * @param pack a built-in pack's name (`'puppet'`) or the folder of a pack
   * @throws KdtalkerError PACK_NOT_FOUND, PACK_INVALID, PACK_DAMAGED, DEVICE_UNKNOWN, DEVICE_UNAVAILABLE (also for bf16 on a processor
   *   without it), OUTPUT_UNWRITABLE and OUTPUT_DISK_FULL (of the folder for lowered packs), RUNTIME_NOT_FOUND, ADDON_NOT_FOUND,
   *   INVALID_ARGUMENT, ABORTED
   */
  static async load(pack = 'puppet', options: TalkerOptions = {}): Promise<Talker> {
    const plan = planTalker(options);
    const load = async (signal: AbortSignal) => new Talker(await loadPack(pack, { ...plan, signal }));
    return longCall(LOADING, [plan.signal], load, (late) => late.close());
  }

  /**
   * Prepares a picture: finds the face, cuts it out, and runs the networks that run once per portrait.
   *
   * @param picture a path or a `file:` URL, the bytes of a file, a stream of them, or raw pixels
   * @example
   * const portrait = await talker.portrait('cut-out.png', { background: 'transparent' })
   * @throws KdtalkerError FILE_NOT_FOUND, PICTURE_UNREADABLE, PICTURE_TOO_SMALL, PICTURE_TOO_LARGE, NO_FACE, INVALID_ARGUMENT,
   *   FFMPEG_NOT_FOUND and FFMPEG_FAILED (of formats that ffmpeg reads), ABORTED, CLOSED
   */
  async portrait(picture: PictureInput, options: PortraitOptions = {}): Promise<Portrait> {
    this.#check();
    return this.#pending.add(this.#adoptSource(Portrait.prepare(this.#host, picture, options)));
  }

  /**
   * Reads a video that takes the place of a portrait: each frame of a clip shows its next picture. The face is tracked from picture to
   * picture, and its position is smoothed over time; the pictures are kept in a temporary file until it is closed.
   *
   * @param video a path, or the bytes of a file, with any frame rate; it is read at the pack's rate
   * @throws KdtalkerError FILE_NOT_FOUND, VIDEO_UNREADABLE, NO_FACE, PICTURE_TOO_SMALL, PICTURE_TOO_LARGE, FFMPEG_NOT_FOUND,
   *   FFMPEG_FAILED, OUTPUT_DISK_FULL and OUTPUT_UNWRITABLE (of the system's temporary folder), INVALID_ARGUMENT, ABORTED, CLOSED
   */
  async sourceVideo(video: VideoInput, options: SourceVideoOptions = {}): Promise<SourceVideo> {
    this.#check();
    return this.#pending.add(this.#adoptSource(SourceVideo.prepare(this.#host, video, options)));
  }

  /**
   * The movement of a face in a video, as the pack's motion network sees it, at the pack's rate. Save it, edit it, or replay it with
   * `animate(portrait, motion, { mode: 'relative' })`, which adds the movement to the portrait's own pose. The face is tracked through the
   * video, and all pictures are cropped to the same square.
   *
   * The puppet's motion network recognises neither pose nor expression: it always sees a face at rest.
   *
   * @example
   * const motion = await talker.motionFromVideo('driver.mp4')
   * await motion.save('nod.json')
   * @throws KdtalkerError as {@link sourceVideo}, except OUTPUT_DISK_FULL
   */
  async motionFromVideo(video: VideoInput, options: VideoMotionOptions = {}): Promise<Motion> {
    this.#check();
    return this.#pending.add(motionFromVideo(this.#host, video, options));
  }

  /** @internal what the motion network sees in one picture: 70 numbers. @throws CLOSED, ABORTED */
  async pictureMotion(picture: Picture, face: FaceToCut, signal?: AbortSignal): Promise<Float32Array> {
    this.#check();
    return this.#pending.add(pictureMotion(this.#host, picture, face, signal));
  }

  /** @internal what the motion network sees in a crop of the pack's size, with the face at rest. @throws CLOSED, ABORTED */
  async seenMotion(crop: Picture, signal?: AbortSignal): Promise<SeenMotion> {
    this.#check();
    return this.#pending.add(seenMotion(this.#host, crop, signal));
  }

  /**
   * Loads a file written by `portrait.save()`.
   * @throws KdtalkerError FILE_NOT_FOUND, PORTRAIT_INVALID, INVALID_ARGUMENT, ABORTED, CLOSED
   */
  async loadPortrait(file: string, options: SignalOptions = {}): Promise<Portrait> {
    this.#check();
    checkPath(file, 'the portrait file');
    return this.#pending.add(this.#adoptSource(Portrait.load(this.#host, file, options)));
  }

  /**
   * A clip of a portrait that speaks or repeats a motion. Returns immediately; work begins when the clip is asked for frames, motion or a
   * file.
   *
   * @param portrait from {@link portrait} or {@link loadPortrait}; or a {@link SourceVideo}
   * @param source speech: a path (also of a pipe), the bytes of a file, a stream of them, or PCM; or a {@link Motion}. A stream is read
   * once, into a temporary file that is kept until the clip is closed or garbage-collected
   * @throws KdtalkerError INVALID_ARGUMENT, CLOSED
   */
  animate(portrait: Portrait | SourceVideo, source: SoundInput | Motion, options: AnimateOptions = {}): Clip {
    this.#check();
    const making = { ...this.#internals().making, place: this.#place };
    return this.#adopt(makeClip(this.#host, making, portrait, source, options));
  }

  /**
   * A portrait that speaks while sound is written to it: for services that answer. Work begins when the frames are read.
   *
   * @param portrait from {@link portrait} or {@link loadPortrait}; or a {@link SourceVideo}, whose pictures the frames show in turns
   * @example
   * const stream = talker.stream(portrait, { sound: { rate: 24000 }, format: 'yuv420p' })
   * source.pipeTo(stream.writable)
   * for await (const { data, sound } of stream) send(data, sound)
   * @throws KdtalkerError INVALID_ARGUMENT, CLOSED
   */
  stream(portrait: Portrait | SourceVideo, options: StreamOptions = {}): TalkStream {
    this.#check();
    const compute = () => (this.#closing.begun ? 0 : computeTime(this.stages()));
    const making = { readAhead: this.#readAhead, compute, place: this.#place };
    return this.#adopt(makeStream(this.#host, making, portrait, options));
  }

  /**
   * Runs the steps of a clip and copies every stage's tensors out, for comparison with another program. Slow and large; for debugging only.
   *
   * @param picture as in {@link portrait}; `options.portrait` sets the crop
   * @param speech as in {@link animate}
   * @throws KdtalkerError as {@link portrait} and {@link Clip.frames}
   */
  async trace(picture: PictureInput, speech: SoundInput, options: TraceOptions = {}): Promise<Trace> {
    this.#check();
    return this.#pending.add(Trace.run(this.#host, picture, speech, options));
  }

  /**
   * What is spoken, frame by frame: visemes and curves of the mouth, for avatars of your own. Needs no portrait.
   *
   * @param speech as in {@link animate}
   * @example
   * const visemes = await talker.visemes('speech.wav')
   * visemes.frame(10) // { time: 0.4, viseme: 'PP', chances: { sil: 0.01, PP: 0.95, ... }, curves: { open: 0, press: 1, ... } }
   * @throws KdtalkerError INVALID_ARGUMENT, also for a pack that hears none, SPEECH_TOO_SHORT, FILE_NOT_FOUND, SPEECH_UNREADABLE,
   *   SPEECH_TOO_LONG, FFMPEG_NOT_FOUND, FFMPEG_FAILED, ABORTED, CLOSED
   */
  async visemes(speech: SoundInput, options: VisemesOptions = {}): Promise<Visemes> {
    this.#check();
    return this.#pending.add(Visemes.hear(this.#host, speech, options));
  }

  /** Numbers of copies between host and device since the talker was loaded, by reason. @throws KdtalkerError CLOSED */
  counters(): Counters {
    this.#check();
    return native().talkerCounters(this.#handle);
  }

  /**
   * Bytes that it holds on its device now, with its portraits and clips. The networks' weights and the working memory of ONNX Runtime
   * are not counted.
   *
   * @throws KdtalkerError CLOSED
   */
  deviceBytes(): number {
    this.#check();
    return native().talkerDeviceBytes(this.#handle);
  }

  /**
   * What its GPU was asked for since the talker was loaded. After the first two windows of a clip nothing is allocated, and the only waits
   * are those for its windows and frames.
   *
   * @throws KdtalkerError CLOSED
   */
  deviceWork(): DeviceWork {
    this.#check();
    return native().talkerDeviceWork(this.#handle);
  }

  /**
   * The time that the stages of its clips took since the talker was loaded. Stages of frames rendered side by side overlap.
   *
   * @throws KdtalkerError CLOSED
   * @example
   * const { laps, milliseconds } = talker.stages().decode
   * console.log(`${(milliseconds / laps).toFixed(1)} ms a frame`)
   */
  stages(): Stages {
    this.#check();
    return native().talkerStages(this.#handle);
  }

  /**
   * What it does now: lanes, streams and their load, clips that wait, costs, memory.
   *
   * @throws KdtalkerError CLOSED
   * @example
   * const { live, files } = talker.stats()
   * if (live.load > 0.6 || files.queued > 20) startAnother()
   */
  stats(): TalkerStats {
    this.#check();
    return talkerStats(this.#handle, this.pack);
  }

  /**
   * Closes the talker with all its portraits and clips. Running calls are stopped, reject with ABORTED and are awaited. May be called
   * twice.
   */
  close(): Promise<void> {
    return this.#closing.close(() => this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const children = [...this.#children].map((child) => child.deref());
    const jobs = children.filter((child) => child instanceof Clip || child instanceof TalkStream);
    await Promise.all(jobs.map((job) => job.close()));
    await this.#pending.settled();
    await Promise.all(children.map((child) => child?.close())); // passes of clips are finished
    await (await this.#faces?.catch(() => undefined))?.close();
    await native().closeTalker(this.#handle);
  }

  #openFaces(pack: Pack, threads: number): Promise<FaceFinder> {
    this.#faces ??= FaceFinder.open({ threads, networks: faceFiles(pack) });
    this.#faces.catch(() => {
      this.#faces = undefined; // the next portrait tries again
    });
    return this.#faces;
  }

  /** Objects that become ready after close() was called are closed too. */
  async #adoptSource<T extends Portrait | SourceVideo>(preparing: Promise<T>): Promise<T> {
    const source = await preparing;
    if (this.#closing.begun) await source.close();
    this.#check();
    return this.#adopt(source);
  }

  /** Remembers the objects that close() has to close, by weak references. */
  #adopt<T extends Portrait | SourceVideo | Clip | TalkStream>(child: T): T {
    for (const known of this.#children) if (known.deref() === undefined) this.#children.delete(known);
    this.#children.add(new WeakRef(child));
    return child;
  }

  #check(): void {
    this.#closing.check();
  }
}

/** A talker, or a pool of them. */
export type AnyTalker = Pick<Talker, keyof Talker>;
