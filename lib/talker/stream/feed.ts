import type { IdleLoop } from './idle-loop.js';
import type { StreamVoice } from './stream-voice.js';
import type { Named } from './utterances.js';

/** The way from who writes to the voice of a stream. */
export interface Feed {
  /** Frames of sound that wait before the voice. */
  readonly waiting: number;
  /** Frames that are shown again and again while nobody speaks, if that was asked for. */
  readonly loop: IdleLoop | undefined;
  /** Takes sound. @throws INVALID_ARGUMENT, SPEECH_NOT_FINITE */
  write(pcm: Uint8Array | Int16Array | Float32Array): Promise<void>;
  /** What is written next begins an utterance. */
  begin(next: Named): void;
  /** What was written is an utterance. */
  flush(id: string | undefined): void;
  /** No more is written. */
  end(): void;
  /** Takes the engine's pictures, in order, for what is shown again. */
  keep(frame: number, picture: Uint8Array): Promise<void>;
  /** What waits is forgotten, before the frame from which the engine's are made anew; its utterances end when those of the voice are cut. */
  clear(frame: number): void;
}

/** Speaks what is written at once: a stream of pace 'input'. */
export class DirectFeed implements Feed {
  readonly waiting = 0;
  readonly loop = undefined;
  readonly #voice: StreamVoice;

  constructor(voice: StreamVoice) {
    this.#voice = voice;
  }

  write(pcm: Uint8Array | Int16Array | Float32Array): Promise<void> {
    return this.#voice.speak(pcm);
  }

  begin(next: Named): void {
    this.#voice.begin(next);
  }

  /** So much silence follows that the last frame comes without waiting for more; the utterance ends before it. */
  flush(id: string | undefined): void {
    this.#voice.flush(id);
    this.#voice.restBehind();
  }

  end(): void {
    this.#voice.end();
  }

  async keep(): Promise<void> {}

  clear(): void {}
}
