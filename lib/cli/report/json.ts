import type { Terminal } from '../terminal.js';
import type { Failure, Paint, Reporter, Stage, StageProgress } from './reporter.js';

/** Milliseconds between two progress events of one stage. */
const INTERVAL = 100;

/**
 * One JSON object a line: `{"event":"progress", stage, done, total, fps}`, then `{"event":"result", ...}` or `{"event":"error", code,
 * message}`. The first and the last event of a stage are never dropped.
 */
export class JsonReporter implements Reporter {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #sent = new Map<Stage, number>();

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
  }

  progress({ stage, done, total, fps }: StageProgress): void {
    const last = this.#sent.get(stage);
    const isDue = last === undefined || done === total || this.#now() - last >= INTERVAL;
    if (!isDue) return;
    this.#sent.set(stage, this.#now());
    this.#print({ event: 'progress', stage, done, total: total ?? null, fps: Number(fps.toFixed(2)) });
  }

  pass(): void {
    this.#sent.clear();
  }

  notice(_lines: readonly string[], event: string, data: Readonly<Record<string, unknown>>): void {
    this.#print({ event, ...data });
  }

  result(_describe: (paint: Paint) => readonly string[], data: Readonly<Record<string, unknown>>): void {
    this.#print({ event: 'result', ...data });
  }

  failure({ code, message, stack }: Failure): void {
    this.#print({ event: 'error', code, message });
    if (stack !== undefined) this.#terminal.note(stack);
  }

  close(): void {}

  #print(event: Readonly<Record<string, unknown>>): void {
    this.#terminal.out(JSON.stringify(event));
  }
}
