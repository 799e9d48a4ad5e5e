/** Running work, so that close() can wait for it. */
export class Pending {
  readonly #work = new Set<Promise<unknown>>();

  /** Remembers a promise until it settles, and returns it. */
  add<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    const forget = () => void this.#work.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Waits until all added promises have settled, including those added meanwhile. Never rejects. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}
