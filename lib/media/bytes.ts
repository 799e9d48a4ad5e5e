/** Reads exact counts of bytes from a stream, a child's pipe or memory. Holds one piece at a time. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#pieces =
      Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  }

  /** Bytes that were read or skipped. */
  get position(): number {
    return this.#position;
  }

  /** Returns the next `count` bytes in their own memory (so that typed arrays are aligned); fewer only at the end. */
  async take(count: number): Promise<Uint8Array> {
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count && (await this.#more())) {
      const part = this.#cut(count - filled);
      out.set(part, filled);
      filled += part.length;
    }
    return filled === count ? out : out.subarray(0, filled);
  }

  /** Returns what is there, at least a byte and at most `limit`, as it lies in memory; none only at the end. */
  async some(limit: number): Promise<Uint8Array> {
    return (await this.#more()) ? this.#cut(limit) : this.#piece;
  }

  /** Returns the next `count` bytes without consuming them; fewer only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [this.#piece];
    let held = this.#piece.length;
    while (held < count) {
      const { value, done } = await this.#pieces.next();
      if (done) break;
      pieces.push(value);
      held += value.length;
    }
    if (pieces.length > 1) this.#piece = Buffer.concat(pieces);
    return this.#piece.subarray(0, count);
  }

  /** Skips `count` bytes. Returns false if the stream ended first. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > 0 && (await this.#more())) left -= this.#cut(left).length;
    return left === 0;
  }

  /** Closes the underlying stream. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #more(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done) return false;
      this.#piece = value;
    }
    return true;
  }

  #cut(limit: number): Uint8Array {
    const part = this.#piece.subarray(0, limit);
    this.#piece = this.#piece.subarray(part.length);
    this.#position += part.length;
    return part;
  }
}
