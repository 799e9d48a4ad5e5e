import type { Terminal } from '../terminal.js';
import { type Failure, printFailure, type Reporter } from './reporter.js';

/** Prints only failures. */
export class QuietReporter implements Reporter {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  progress(): void {}

  pass(): void {}

  notice(): void {}

  result(): void {}

  failure(failure: Failure): void {
    printFailure(this.#terminal, failure);
  }

  close(): void {}
}
