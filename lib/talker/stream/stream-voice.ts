import type { NativeLoopJoin, NativeLoopPast } from '../../binding-options.js';
import { REST_FRAMES } from '../../limits.js';
import type { LoopEngine } from './idle-loop.js';
import { tailOf } from './stream-delay.js';
import type { StreamPlan } from './stream-options.js';
import type { StreamRun } from './stream-run.js';
import { type FrameSound, StreamSound } from './stream-sound.js';
import type { Named, Utterances } from './utterances.js';

/** What a stream says: the sound of its frames, which the engine hears and of which utterances are parts. */
export class StreamVoice implements LoopEngine {
  readonly #sound: StreamSound;
  readonly #utterances: Utterances;
  readonly #run: StreamRun;
  readonly #tail: number;
  #interruptions = 0;

  constructor(plan: StreamPlan, fps: number, utterances: Utterances, run: StreamRun) {
    this.#sound = new StreamSound(plan.sound, fps);
    this.#tail = tailOf(plan, fps);
    this.#utterances = utterances;
    this.#run = run;
  }

  /** Whole frames so far. */
  get frames(): number {
    return this.#sound.frames;
  }

  /** Interruptions so far. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** Speaks sound; resolves when the engine has heard it. @throws INVALID_ARGUMENT, SPEECH_NOT_FINITE */
  async speak(pcm: Uint8Array | Int16Array | Float32Array): Promise<void> {
    const from = this.#sound.frames;
    const samples = this.#sound.push(pcm);
    if (samples.length > 0) this.#utterances.speak(from);
    await this.#run.hear(samples);
  }

  /** Fills the frame that has begun, and so many more, with silence. */
  rest(frames: number): void {
    this.#run.hear(this.#sound.silence(frames)).catch(() => {}); // whoever speaks next is told why
  }

  /** Fills the frame that has begun, and so many more that it needs no further sound. */
  restBehind(): void {
    this.rest(this.#tail);
  }

  /** The next sound begins an utterance. */
  begin(next: Named): void {
    this.#utterances.begin(this.#sound.begun, next);
  }

  /** The sound so far is an utterance. */
  flush(id: string | undefined): void {
    this.#utterances.flush(this.#sound.begun, id);
  }

  /** An utterance begins, if none goes on, of which nothing was heard yet. */
  open(): void {
    this.#utterances.speak(this.#sound.begun);
  }

  /** The utterance that goes on ends with what will not be heard. */
  flushUnheard(id: string | undefined): void {
    this.#utterances.flush(this.#sound.begun + 1, id);
  }

  end(): void {
    this.#utterances.end(this.#sound.frames);
    this.#run.end().catch(() => {});
  }

  /** The sound of a frame that is handed out. */
  hand(frame: number): FrameSound {
    const sound = this.#sound.take(frame);
    this.#utterances.hand(frame);
    return sound;
  }

  /** That of a frame in which nobody speaks and which is not of the engine. */
  silence(): FrameSound {
    return { bytes: new Uint8Array(this.#sound.frameBytes), given: false };
  }

  /** Forgets the sound from a frame on, of which the first fades; silent frames follow. Returns the seconds heard of the utterance. */
  async interrupt(frame: number, silent: number): Promise<number> {
    this.#interruptions += 1;
    this.#sound.interrupt(frame, silent);
    const played = this.#utterances.cut();
    await this.#run.interrupt(frame);
    return played;
  }

  join(join: NativeLoopJoin): void {
    this.#run.join(join).catch(() => {}); // the engine's error comes with the frames, here as below
  }

  cancelJoin(): void {
    this.#run.join(undefined).catch(() => {});
  }

  record(first: number, last: number): void {
    this.#run.record(first, last).catch(() => {});
  }

  recorded(first: number, count: number): Float32Array {
    return this.#run.recorded(first, count);
  }

  /** Nobody speaks in the frame, nor in those behind it. */
  leaveLoop(frame: number, past: NativeLoopPast): void {
    this.#sound.restart(frame, REST_FRAMES);
    this.#run.interrupt(frame, past).catch(() => {});
  }

  /** All utterances end. */
  cut(): void {
    this.#utterances.cut();
  }
}
