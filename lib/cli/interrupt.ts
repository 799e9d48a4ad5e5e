import { constants } from 'node:os';
import { KdtalkerError } from '../errors.js';

/** Signals that ask a program to end: Ctrl-C, a supervisor, a closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns signals of the system into an AbortSignal. The first signal lets the work clean up; the second one ends the process at once and
 * removes only children and temporary files.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  #received: NodeJS.Signals | undefined;

  /** Triggered by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal that came, if any. */
  get received(): NodeJS.Signals | undefined {
    return this.#received;
  }

  /** The exit code by which shells report a signal: 130 for SIGINT, 143 for SIGTERM. */
  get exitCode(): number {
    return this.#received === undefined ? 0 : 128 + constants.signals[this.#received];
  }

  listen(): void {
    for (const name of SIGNALS) process.on(name, this.#stop);
  }

  /** Restores the default action of the signals. */
  ignore(): void {
    for (const name of SIGNALS) process.off(name, this.#stop);
  }

  readonly #stop = (name: NodeJS.Signals): void => {
    if (this.#received !== undefined) process.exit(this.exitCode);
    this.#received = name;
    this.#controller.abort(new KdtalkerError('ABORTED', `Stopped by ${name}`));
  };
}
