import { native, type PixelFormat, type PortraitHandle, type RunHandle } from '../../binding.js';
import type { NativeLoopJoin, NativeLoopPast } from '../../binding-options.js';
import { throwIfAborted } from '../../errors.js';
import type { FramePortraits } from '../clip/clip-run.js';
import { warnOfHalves } from '../clip/exact-frames.js';
import { warnOfGraphs } from '../host/graphs-refused.js';

/** A frame that the engine was asked for. */
export interface AskedFrame {
  /** -1 after the last frame, -2 if it was interrupted. */
  index: number;
  data: Uint8Array;
  /** Interruptions that the engine knew of when it was asked. */
  epoch: number;
}

/**
 * The engine's side of a stream. It hears sound, interruptions and the end in the order of the calls; sound that was interrupted before it
 * was heard never is.
 */
export class StreamRun {
  readonly #opening: Promise<RunHandle>;
  readonly #signal: AbortSignal;
  readonly #portraits: FramePortraits;
  readonly #pack: string;
  /** What the engine was told, in order. Never rejects. */
  #telling: Promise<void> = Promise.resolve();
  /** Settles when the engine knows of the last interruption. */
  #interrupted: Promise<void> = Promise.resolve();
  #epoch = 0;
  /** Interruptions that the engine knows of. */
  #known = 0;
  #failure: unknown;
  readonly #ready = new WeakSet<Promise<AskedFrame>>();
  /** Settles when the engine was asked for the last frame. Never rejects. */
  #asking: Promise<unknown> = Promise.resolve();
  /** The frame that the engine is asked for next. */
  #next = 0;
  /** Added to a frame: that of its picture of a source video. */
  #clock = 0;
  #handle: RunHandle | undefined;

  /**
   * @param portraits of its frames
   * @param signal stops it
   * @param pack its name, for warnings
   */
  constructor(opening: Promise<RunHandle>, portraits: FramePortraits, signal: AbortSignal, pack: string) {
    this.#opening = opening;
    this.#portraits = portraits;
    this.#signal = signal;
    this.#pack = pack;
    opening.then(
      (handle) => {
        this.#handle = handle;
      },
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
    const stop = () => void opening.then((handle) => native().stopRun(handle)).catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
  }

  /** Interruptions so far. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Why the engine took no more sound; undefined without an error. */
  get failure(): unknown {
    return this.#failure;
  }

  hear(samples: Float32Array): Promise<void> {
    const epoch = this.#epoch;
    return this.#tell((handle) => (epoch === this.#epoch ? native().hearSpeech(handle, samples) : undefined));
  }

  end(): Promise<void> {
    return this.#tell((handle) => native().endSpeech(handle));
  }

  /** Frames and sound from `first` on are forgotten. With a past, that was shown before them, and not what was made. */
  interrupt(first: number, past?: NativeLoopPast): Promise<void> {
    const epoch = ++this.#epoch;
    const told = this.#tell((handle) => {
      native().interruptSpeech(handle, first, past);
      this.#known = epoch;
      this.#next = first;
      this.#clock = past?.clock ?? this.#clock;
    });
    this.#interrupted = this.#telling;
    return told;
  }

  /** The motion goes over to a loop, before the sound of the join's first frame is heard; or does not, before other sound is heard. */
  join(join: NativeLoopJoin | undefined): Promise<void> {
    return this.#tell((handle) => native().joinLoop(handle, join));
  }

  /** The motion of frames [first, last) is kept as it is decided. */
  record(first: number, last: number): Promise<void> {
    return this.#tell((handle) => native().recordMotion(handle, first, last));
  }

  /** That of some of them, once one of these was answered. */
  recorded(first: number, count: number): Float32Array {
    return native().recordedMotion(this.#handle!, first, count);
  }

  /** Waits until the engine knows of every interruption. */
  async settled(): Promise<void> {
    let epoch: number;
    do {
      epoch = this.#epoch;
      await this.#interrupted;
    } while (epoch !== this.#epoch);
  }

  /** Asks for the next frame. Its rejection is handled where nobody awaits it. */
  ask(data: Uint8Array, format: PixelFormat): Promise<AskedFrame> {
    const asking = this.#asking.then(() => this.#ask(data, format));
    this.#asking = asking.catch(() => {});
    const asked = asking.then(({ answer, epoch }) => this.#answered(answer, { data, epoch }));
    asked.then(
      () => this.#ready.add(asked),
      () => {},
    );
    return asked;
  }

  /** The frames before this one for which the engine was not asked are not made; an interruption forgets that. */
  skipTo(frame: number): void {
    const epoch = this.#epoch;
    this.#asking = this.#asking.then(async () => {
      const handle = await this.#opening.catch(() => undefined);
      const skipped = frame - this.#next;
      if (handle === undefined || skipped <= 0 || epoch !== this.#epoch || this.#signal.aborted) return;
      native().skipFrames(handle, skipped);
      this.#next = frame;
    });
  }

  /** Whether a frame that was asked for is there. */
  isReady(asked: Promise<AskedFrame> | undefined): boolean {
    return asked !== undefined && this.#ready.has(asked);
  }

  /** With that frame's portrait; an interruption while it is prepared asks for another. */
  async #ask(data: Uint8Array, format: PixelFormat): Promise<{ answer: Promise<number>; epoch: number }> {
    const handle = await this.#opening;
    for (;;) {
      const epoch = this.#known;
      const portrait = await this.#portraits.ofFrame?.(this.#next + this.#clock);
      try {
        throwIfAborted(this.#signal, 'The stream');
        if (epoch !== this.#known) continue;
        this.#next += 1;
        const answer = native().readFrame(handle, data, format, portrait);
        answer.catch(() => {}); // who awaits the frame reports it
        return { answer, epoch };
      } finally {
        await this.#release(portrait);
      }
    }
  }

  /** The engine holds its own reference. */
  async #release(portrait: PortraitHandle | undefined): Promise<void> {
    if (portrait !== undefined) await this.#portraits.release(portrait);
  }

  async #answered(answer: Promise<number>, asked: Omit<AskedFrame, 'index'>): Promise<AskedFrame> {
    const index = await answer;
    if (!this.#signal.aborted) this.#warn(native().runProgress(await this.#opening));
    return { index, ...asked };
  }

  #warn({ exactFrom, graphsRefused }: { exactFrom: number; graphsRefused: string }): void {
    if (exactFrom >= 0) warnOfHalves(this.#pack, exactFrom);
    if (graphsRefused !== '') warnOfGraphs(this.#pack, graphsRefused);
  }

  /** How the head moves in the last frames, [rows, 70], as sampled: before smoothing and the user's controls. After the end. */
  async motion(): Promise<Float32Array> {
    await this.#telling;
    return (await native().readMotion(await this.#opening)).raw;
  }

  async close(): Promise<void> {
    await this.#telling;
    const handle = await this.#opening.catch(() => undefined);
    if (handle !== undefined) await native().closeRun(handle);
    await this.#asking; // a portrait in preparation is given back
  }

  async #tell(work: (handle: RunHandle) => Promise<void> | void): Promise<void> {
    const told = this.#telling.then(async () => {
      const handle = await this.#opening;
      if (!this.#signal.aborted) await work(handle);
    });
    this.#telling = told.catch((error: unknown) => {
      this.#failure ??= error;
    });
    await told;
  }
}
