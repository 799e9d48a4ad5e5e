import { aborted, throwIfAborted } from './errors.js';

/** Options of calls whose only option is the signal. */
export interface SignalOptions {
  signal?: AbortSignal | undefined;
}

/** A call that can be stopped, and its name in the error. */
export interface Stoppable {
  signal: AbortSignal | undefined;
  /** "Preparing the portrait": the subject of "... was aborted". */
  what: string;
}

/**
 * The rule of every long call. If one of its signals has fired, the call rejects before any work. The work gets a signal of its own, which
 * fires with the first of them, and removes what it has made. Whatever the work throws after that, the caller sees ABORTED with the
 * signal's reason as its cause. A value that arrives after the signal is discarded. No listener stays on the callers' signals, since one
 * signal may end any number of calls.
 *
 * @param signals the caller's, and that of the object whose close() ends the call
 * @param discard releases a value that arrives after the signal, and the call rejects; with 'kept' the call returns the value: a file that
 *   already has its name is finished
 * @throws KdtalkerError ABORTED
 */
export async function longCall<T>(
  what: string,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
  discard: 'kept' | ((late: T) => Promise<unknown>) = async () => {},
): Promise<T> {
  const signal = AbortSignal.any(signals.filter((each) => each !== undefined));
  throwIfAborted(signal, what);
  const value = await work(signal).catch((error: unknown) => {
    throw signal.aborted ? aborted(signal, what) : error;
  });
  if (!signal.aborted || discard === 'kept') return value;
  await discard(value);
  throw aborted(signal, what);
}

/**
 * For work that cannot be stopped half-way, such as a call of the engine: settles as the work does, or rejects as soon as the signal
 * fires. In that case the work continues in the background, and its result is discarded.
 *
 * @param late discards a value that came too late
 * @param follow receives work that continues in the background, with its `late`, so that close() can wait for it
 * @throws KdtalkerError ABORTED, and what the work throws
 */
export async function orAborted<T>(
  work: Promise<T>,
  { signal, what }: Stoppable,
  late: (value: T) => Promise<unknown> = async () => {},
  follow: (rest: Promise<unknown>) => void = () => {},
): Promise<T> {
  if (!signal) return work;
  let stop = () => {};
  const stopped = new Promise<typeof STOPPED>((resolve) => {
    stop = () => resolve(STOPPED);
  });
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    const first = await Promise.race([stopped, work]);
    if (first !== STOPPED) return first;
    follow(work.then(late).catch(() => {}));
    throw aborted(signal, what);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const STOPPED = Symbol('stopped');
