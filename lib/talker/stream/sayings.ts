import type { Named } from './utterances.js';

/** An utterance whose end somebody waits for. */
export type Saying = Required<Named>;

/** What `say()` was given: spoken one after the other, in the order of the calls. */
export class Sayings {
  #turn: Promise<void> = Promise.resolve();
  readonly #waiting = new Set<Saying>();

  /** Calls `speak` once all before it have spoken; it is told whether it is still wanted. @throws what it throws */
  async take(saying: Saying, speak: (wanted: boolean) => Promise<void>): Promise<void> {
    this.#waiting.add(saying);
    const turn = this.#turn.then(() => speak(this.#waiting.delete(saying)));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** All that wait end unheard, and the next one does not wait for whoever speaks, whose pieces may never come. */
  cut(): void {
    this.#turn = Promise.resolve();
    for (const { id, done } of this.#waiting) done({ id, played: 0, interrupted: true });
    this.#waiting.clear();
  }
}
