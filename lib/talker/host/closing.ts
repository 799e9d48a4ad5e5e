import { KdtalkerError } from '../../errors.js';

/** The end of something that is closed once: whoever closes it waits for the same work, and later calls are refused. */
export class Closing {
  readonly #what: string;
  readonly #advice: string;
  readonly #controller = new AbortController();
  #done: Promise<void> | undefined;

  /**
   * @param what it is, in messages: 'talker'
   * @param advice a sentence on what to do instead, if there is one
   */
  constructor(what: string, advice?: string) {
    this.#what = what;
    this.#advice = advice === undefined ? '' : `. ${advice}`;
  }

  /** Triggered at the beginning of the end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get begun(): boolean {
    return this.#done !== undefined;
  }

  /** Does the work, once, after the signal, whose listeners may close it too. */
  close(work: () => Promise<void>): Promise<void> {
    this.#done ??= this.#begin(work);
    if (!this.signal.aborted)
      this.#controller.abort(new KdtalkerError('CLOSED', `The ${this.#what} was closed`));
    return this.#done;
  }

  async #begin(work: () => Promise<void>): Promise<void> {
    await undefined; // the signal comes first
    await work();
  }

  /** @throws CLOSED */
  check(): void {
    if (!this.#controller.signal.aborted) return;
    throw new KdtalkerError('CLOSED', `Expected an open ${this.#what} but it was closed${this.#advice}`);
  }
}
