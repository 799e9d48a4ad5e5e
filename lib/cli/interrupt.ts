import { constants } from 'node:os';
import { KdtalkerError } from '../errors.js';

/** What asks a program to end: Ctrl-C, a supervisor, a terminal that went away. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Turns signals of the system into an AbortSignal. The first one lets the work clean up behind itself; the second one ends the process at
 * once, where only what must not be left behind (children, temporary files) is still removed.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  #received: NodeJS.Signals | undefined;

  /** Triggered by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What came, if anything did. */
  get received(): NodeJS.Signals | undefined {
    return this.#received;
  }

  /** The exit code that shells give to a program that a signal ended: 130 for SIGINT, 143 for SIGTERM. */
  get exitCode(): number {
    return this.#received === undefined ? 0 : 128 + constants.signals[this.#received];
  }

  listen(): void {
    for (const name of SIGNALS) process.on(name, this.#stop);
  }

  /** From now on signals do what they do by default. */
  ignore(): void {
    for (const name of SIGNALS) process.off(name, this.#stop);
  }

  readonly #stop = (name: NodeJS.Signals): void => {
    if (this.#received !== undefined) process.exit(this.exitCode);
    this.#received = name;
    this.#controller.abort(new KdtalkerError('ABORTED', `Stopped by ${name}`));
  };
}
