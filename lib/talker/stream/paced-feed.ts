import { SilentFrames } from '../clip/silent-frames.js';
import { CLOCK } from './clock.js';
import type { Feed } from './feed.js';
import type { IdleLoop } from './idle-loop.js';
import { Stillness } from './stillness.js';
import type { StreamPlan } from './stream-options.js';
import { StreamSound } from './stream-sound.js';
import type { StreamVoice } from './stream-voice.js';
import type { Named } from './utterances.js';

/** Milliseconds of sound that may wait beyond the delay before it is worked off. */
const SPARE = 200;
/** Seconds without a silence after which speech itself is shortened, by a frame a second. */
const PATIENCE = 60;
/** Seconds of frames that nobody reads before no more sound is given to the engine. */
const MOST_UNREAD = 10;

/** Seconds of silence after which the mouth has come to rest. */
const REST = 1;

/** Something that happens to the voice before a frame that waits. */
interface Mark {
  at: number;
  kind: 'begin' | 'flush' | 'end';
  pass(): void;
  /** It is thrown away before it happened. */
  drop(): void;
}

/**
 * Speaks what is written as the clock goes, and silence where nothing is: a stream of pace 'live'. At any time the voice has the sound of so
 * many frames, `reach`, beyond the one that is being computed.
 *
 * A source whose clock runs faster than ours, or whose sound came late, would be behind for ever: what waits beyond 200 ms is worked off by
 * joining two frames of silence to one. Of a source that runs slower, a silence is made longer before speech would break. Utterances whose
 * end is known are not touched: their sound may come much faster than it plays.
 */
export class PacedFeed implements Feed {
  readonly #voice: StreamVoice;
  readonly #fps: number;
  readonly #reach: number;
  /** What was written; its frames have numbers of their own. */
  readonly #queue: StreamSound;
  readonly #silent: SilentFrames;
  #marks: Mark[] = [];
  /** Frames of the queue that were spoken. */
  #spoken = 0;
  /** The current utterance comes whole. */
  #whole = false;
  #ended = false;
  /** Frames since too much waits and no silence came. */
  #pressed = 0;
  /** Frames since the last sound. */
  #quiet = 0;
  /** Ticks of the clock that were seen to, and who waits for them. */
  #ticks = -1;
  #wake: () => void = () => {};
  readonly #stillAfter: number;
  /** When the engine is not fed: with idle 'still' and 'loop'. */
  readonly stillness = new Stillness();
  /** With idle 'loop'. */
  readonly loop: IdleLoop | undefined;

  /** @param reach frames beyond the one that is being computed */
  constructor(
    voice: StreamVoice,
    { sound, idle }: Pick<StreamPlan, 'sound' | 'idle'>,
    { fps, reach, loop }: { fps: number; reach: number; loop?: IdleLoop | undefined },
  ) {
    this.#voice = voice;
    this.#fps = fps;
    this.#reach = reach;
    this.#queue = new StreamSound(sound, fps);
    this.#silent = new SilentFrames(fps);
    this.#stillAfter = idle === 'model' ? Number.POSITIVE_INFINITY : Math.ceil(REST * fps) + reach;
    this.loop = loop;
  }

  get waiting(): number {
    return this.#queue.frames - this.#spoken;
  }

  /** The engine's last frame that needs no more sound. */
  get computable(): number {
    return this.#voice.frames - this.#reach;
  }

  async write(pcm: Uint8Array | Int16Array | Float32Array): Promise<void> {
    this.#queue.push(pcm);
  }

  begin(next: Named): void {
    const begin = () => this.#voice.begin(next);
    this.#mark({ kind: 'begin', pass: begin, drop: begin });
  }

  flush(id: string | undefined): void {
    this.#mark({
      kind: 'flush',
      pass: () => this.#voice.flush(id),
      drop: () => this.#voice.flushUnheard(id),
    });
  }

  end(): void {
    this.#mark({ kind: 'end', pass: () => this.#voice.end(), drop: () => {} });
  }

  /** Where the loop is lost, idle life goes on as the model makes it. */
  async keep(frame: number, picture: Uint8Array): Promise<void> {
    if (!this.loop?.has(frame) || (await this.loop.keep(frame, picture))) return;
    if (this.stillness.now?.shown === 0) this.stillness.cancel();
    this.#dropLoop();
  }

  /** Utterances that wait are begun, so that they end with the rest. */
  clear(frame: number): void {
    if (this.loop !== undefined && this.stillness.now?.shown === 0) this.stillness.cancel();
    this.stillness.cut(frame);
    if (this.stillness.now === undefined) this.#dropLoop();
    this.#queue.silence(0);
    let from = this.#spoken;
    for (const { at, drop } of this.#marks) {
      if (at > from) this.#voice.open();
      from = at;
      drop();
    }
    if (this.#queue.frames > from) this.#voice.open();
    this.#spoken = this.#queue.frames;
    this.#marks = this.#marks.filter(({ kind }) => kind === 'end');
    for (const mark of this.#marks) mark.at = this.#spoken;
    this.#whole = false;
    this.#pressed = 0;
  }

  /** Gives the voice what its first frame needs, before the clock begins. */
  prime(): void {
    this.#advance(0, 0);
  }

  /**
   * Feeds the voice until the end or the signal, from now on by the clock.
   *
   * @param handed frames that the reader has
   */
  async run(signal: AbortSignal, handed: () => number): Promise<void> {
    const begun = CLOCK.now();
    const frame = 1000 / this.#fps;
    while (!signal.aborted && !this.#ended) {
      const tick = Math.floor((CLOCK.now() - begun) / frame + 1e-6);
      this.#advance(tick, handed());
      await CLOCK.sleep(begun + (tick + 1) * frame - CLOCK.now(), signal);
    }
    this.#wake();
  }

  /** Waits until the voice has what belongs to a tick of the clock. */
  async reached(tick: number, signal: AbortSignal): Promise<void> {
    while (this.#ticks < tick && !this.#ended && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #advance(tick: number, handed: number): void {
    const most = handed + this.#reach + MOST_UNREAD * this.#fps;
    const due = () => Math.min(tick + this.#reach - this.stillness.skipped, most);
    while (this.#voice.frames < due() && !this.#ended) {
      if (this.#holdsStill) this.#hold(due() - this.#voice.frames);
      else this.#feed(due());
    }
    this.#ticks = tick;
    this.#wake();
  }

  #hold(frames: number): void {
    const { loop } = this;
    const before = this.#voice.frames - this.#reach + 1;
    this.stillness.hold(before, Math.min(frames, this.#mayHold), loop?.at);
  }

  /** Frames that may be shown again, beyond those that are. */
  get #mayHold(): number {
    return (this.loop?.most ?? Number.POSITIVE_INFINITY) - (this.stillness.now?.frames ?? 0);
  }

  get #holdsStill(): boolean {
    if (this.waiting > 0 || this.#marks.length > 0) return false;
    if (this.stillness.now !== undefined) return this.#mayHold > 0;
    return this.loop === undefined
      ? this.#quiet >= this.#stillAfter
      : this.#voice.frames >= this.loop.end + this.#reach - 1;
  }

  #dropLoop(): void {
    if (this.loop === undefined) return;
    this.loop.drop();
    this.#quiet = 0;
  }

  /**
   * The engine goes on where the loop is left, because somebody speaks or because no more of it is made; up to the frame `due` there is
   * nothing else to hear.
   */
  #leaveLoop(loop: IdleLoop, due: number): void {
    const { now } = this.stillness;
    if (now !== undefined && now.shown > 0) {
      loop.leave(now.frames);
      this.#voice.rest(Math.max(0, due - 1 - this.#voice.frames));
      if (this.waiting === 0 && this.#marks.length === 0) return; // more of it is made
    } else if (now !== undefined) this.stillness.cancel();
    this.#dropLoop();
  }

  #mark(mark: Omit<Mark, 'at'>): void {
    this.#queue.silence(0); // fills the frame that has begun
    this.#marks.push({ at: this.#queue.frames, ...mark });
  }

  /** The next frame, of those that are due before `due`. */
  #feed(due: number): void {
    if (this.loop !== undefined && (this.stillness.now !== undefined || this.waiting > 0))
      this.#leaveLoop(this.loop, due);
    this.stillness.end();
    this.#passMarks();
    if (this.#ended) return;
    if (this.waiting === 0 || this.#makesLonger()) this.#rest();
    else this.#speak(this.#takesTwo() ? this.#joined() : this.#queue.take(this.#spoken++).bytes);
  }

  #rest(): void {
    if (this.#quiet >= this.#stillAfter) this.loop?.rests(this.#voice.frames);
    this.#quiet += 1;
    this.#voice.rest(1);
  }

  #speak(frame: Uint8Array<ArrayBuffer>): void {
    this.#quiet = 0;
    this.#silent.has(this.#queue.mono(frame));
    this.#voice.speak(frame).catch(() => {}); // the engine's error comes with the frames
  }

  #passMarks(): void {
    while (this.#marks[0] !== undefined && this.#marks[0].at <= this.#spoken) {
      const { kind, pass } = this.#marks.shift()!;
      this.#whole = kind === 'begin';
      this.#ended ||= kind === 'end';
      pass();
    }
  }

  /** Its end is not known: a source that goes on. */
  get #open(): boolean {
    return !this.#whole && this.#marks.length === 0;
  }

  /** The last frame that waits is silent: another one behind it, before more comes. */
  #makesLonger(): boolean {
    return this.#open && this.waiting === 1 && this.#isSilent(0);
  }

  #takesTwo(): boolean {
    const spare = Math.ceil((SPARE * this.#fps) / 1000);
    const tooMuch = this.#open && this.waiting > spare;
    const silent = tooMuch && this.#isSilent(0) && this.#isSilent(1);
    this.#pressed = tooMuch && !silent ? this.#pressed + 1 : 0;
    const over = this.#pressed - PATIENCE * this.#fps;
    return silent || (over >= 0 && over % this.#fps === 0);
  }

  #isSilent(next: number): boolean {
    return this.#silent.has(this.#queue.mono(this.#queue.look(this.#spoken + next).bytes), false);
  }

  /** Two frames faded into one: it begins as the first and ends as the second. */
  #joined(): Uint8Array<ArrayBuffer> {
    const first = this.#queue.take(this.#spoken++).bytes;
    return this.#queue.fade(first, this.#queue.take(this.#spoken++).bytes);
  }
}
