import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { SignalOptions } from '../abort.js';
import type { Counters, DeviceWork, Stages } from '../binding.js';
import { invalidArgument } from '../errors.js';
import type { PictureInput, SoundInput, VideoInput } from '../media/index.js';
import type { Precision } from '../packs/lowering/precision.js';
import type { PackManifest } from '../packs/pack.js';
import type { Picture } from '../picture.js';
import type { Clip } from './clip/clip.js';
import type { AnimateOptions } from './clip/clip-options.js';
import { makeClip } from './clip/make-clip.js';
import type { TalkerStats } from './host/talker-stats.js';
import { internalsOf } from './internals.js';
import type { TalkerOptions } from './load/talker-options.js';
import type { Motion } from './motion/motion.js';
import { Placing } from './placing.js';
import { statsOf, sumOf } from './pool-sums.js';
import type { FaceToCut } from './portrait/cut.js';
import type { SeenMotion } from './portrait/picture-motion.js';
import type { Portrait } from './portrait/portrait.js';
import type { PortraitOptions } from './portrait/portrait-options.js';
import { makeStream } from './stream/make-stream.js';
import { computeTime } from './stream/stream-delay.js';
import type { StreamOptions } from './stream/stream-options.js';
import type { TalkStream } from './stream/talk-stream.js';
import { type AnyTalker, Talker } from './talker.js';
import type { Trace, TraceOptions } from './trace.js';
import type { SourceVideo } from './video/source-video.js';
import type { SourceVideoOptions, VideoMotionOptions } from './video/video-options.js';
import type { Visemes, VisemesOptions } from './visemes.js';

/** Options of `TalkerPool.load()`. */
export interface TalkerPoolOptions extends Omit<TalkerOptions, 'device'> {
  /** A device for each talker, such as `['cuda:0', 'cuda:1']`; a device may be there twice. */
  device: readonly string[];
}

const devices = z.array(z.string()).min(1);

/**
 * Several talkers with a pack, one for each device, that are used as one. A portrait is prepared on one of them and copied to another when
 * a clip goes there; both are the same portrait.
 *
 * Each pass over a clip goes to the talker with the fewest clips and streams. A stream goes where its portrait is, unless another talker's
 * load is lower by a fifth of its lanes.
 *
 * @example
 * const pool = await TalkerPool.load('puppet', { device: ['cuda:0', 'cuda:1'] })
 * const portrait = await pool.portrait('face.jpg')
 * await Promise.all(files.map((file) => pool.animate(portrait, file).save(`${file}.mp4`)))
 */
export class TalkerPool implements AnyTalker {
  /** One for each device, in the order of the option. */
  readonly talkers: readonly Talker[];
  readonly #placing: Placing;

  private constructor(talkers: readonly Talker[]) {
    this.talkers = talkers;
    this.#placing = new Placing(talkers);
  }

  /**
   * Loads the talkers. Those on the processor share its cores, unless `threads` says how many each has.
   *
   * @throws KdtalkerError as {@link Talker.load}
   */
  static async load(pack: string, options: TalkerPoolOptions): Promise<TalkerPool> {
    const given = devices.safeParse(options?.device);
    if (!given.success)
      throw invalidArgument('an array of names of devices', 'device of TalkerPool.load()', options?.device);
    const processors = given.data.filter((device) => device === 'cpu').length;
    const share =
      processors > 1 ? { threads: Math.max(1, Math.floor(availableParallelism() / processors)) } : {};
    const talkers: Talker[] = [];
    try {
      // One after the other: the first makes the lowered form that the others find.
      for (const device of given.data)
        talkers.push(await Talker.load(pack, { ...(device === 'cpu' && share), ...options, device }));
    } catch (error) {
      await Promise.all(talkers.map((talker) => talker.close()));
      throw error;
    }
    for (const talker of talkers) internalsOf(talker).host.family = talkers;
    return new TalkerPool(talkers);
  }

  get #first(): Talker {
    return this.talkers[0]!;
  }

  get pack(): PackManifest {
    return this.#first.pack;
  }

  /** Of all talkers: `'cuda:0,cuda:1'`. */
  get device(): string {
    return this.talkers.map(({ device }) => device).join(',');
  }

  get deviceNote(): string | undefined {
    return this.#first.deviceNote;
  }

  get precision(): Precision {
    return this.#first.precision;
  }

  portrait(picture: PictureInput, options?: PortraitOptions): Promise<Portrait> {
    return this.#placing.portrait().portrait(picture, options);
  }

  loadPortrait(file: string, options?: SignalOptions): Promise<Portrait> {
    return this.#placing.portrait().loadPortrait(file, options);
  }

  sourceVideo(video: VideoInput, options?: SourceVideoOptions): Promise<SourceVideo> {
    return this.#placing.portrait().sourceVideo(video, options);
  }

  motionFromVideo(video: VideoInput, options?: VideoMotionOptions): Promise<Motion> {
    return this.#placing.portrait().motionFromVideo(video, options);
  }

  /** @internal */
  pictureMotion(picture: Picture, face: FaceToCut, signal?: AbortSignal): Promise<Float32Array> {
    return this.#placing.portrait().pictureMotion(picture, face, signal);
  }

  /** @internal */
  seenMotion(crop: Picture, signal?: AbortSignal): Promise<SeenMotion> {
    return this.#placing.portrait().seenMotion(crop, signal);
  }

  animate(portrait: Portrait | SourceVideo, source: SoundInput | Motion, options: AnimateOptions = {}): Clip {
    const { host, making, adopt } = internalsOf(this.#first);
    making.check();
    const made = { ...making.made, device: this.device };
    const place = () => this.#placing.file(portrait);
    return adopt(makeClip(host, { ...making, made, place }, portrait, source, options));
  }

  stream(portrait: Portrait | SourceVideo, options: StreamOptions = {}): TalkStream {
    const { host, making, adopt } = internalsOf(this.#first);
    making.check();
    const compute = () => (host.closed.aborted ? 0 : computeTime(this.stages()));
    const place = () => this.#placing.stream(portrait);
    return adopt(makeStream(host, { ...making, compute, place }, portrait, options));
  }

  trace(picture: PictureInput, speech: SoundInput, options?: TraceOptions): Promise<Trace> {
    return this.#placing.portrait().trace(picture, speech, options);
  }

  visemes(speech: SoundInput, options?: VisemesOptions): Promise<Visemes> {
    return this.#placing.portrait().visemes(speech, options);
  }

  /** Of all talkers. */
  counters(): Counters {
    return sumOf(this.talkers.map((talker) => talker.counters()));
  }

  /** Of all talkers. */
  deviceBytes(): number {
    return this.talkers.reduce((sum, talker) => sum + talker.deviceBytes(), 0);
  }

  /** Of all talkers. */
  deviceWork(): DeviceWork {
    return sumOf(this.talkers.map((talker) => talker.deviceWork()));
  }

  /** Of all talkers. */
  stages(): Stages {
    return sumOf(this.talkers.map((talker) => talker.stages()));
  }

  /** Of all talkers; load and costs are their means. */
  stats(): TalkerStats {
    return statsOf(this.talkers.map((talker) => talker.stats()));
  }

  async close(): Promise<void> {
    await Promise.all(this.talkers.map((talker) => talker.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
