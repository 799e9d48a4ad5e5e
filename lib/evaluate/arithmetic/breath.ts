import { setImmediate as turn } from 'node:timers/promises';
import { throwIfAborted } from '../../errors.js';

/** Milliseconds that arithmetic may keep everything else waiting. */
const LONGEST = 50;

/** Lets others have a turn during long arithmetic, so that a signal is seen and a program stays alive. */
export class Breath {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal?: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Call it between pieces of a few milliseconds. @throws KdtalkerError ABORTED */
  async take(): Promise<void> {
    if (performance.now() - this.#last < LONGEST) return;
    await turn();
    throwIfAborted(this.#signal, 'Evaluating');
    this.#last = performance.now();
  }
}
