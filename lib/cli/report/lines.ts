import { duration, speed } from '../layout.js';
import type { Terminal } from '../terminal.js';
import { amount, type Pace, Pacer } from './pace.js';
import {
  type Failure,
  type Paint,
  printFailure,
  printResult,
  type Reporter,
  type StageProgress,
} from './reporter.js';

/** The least milliseconds, and the least share of a stage, between two lines. */
const INTERVAL = 1000;
const STEP = 0.1;

/** Plain lines for logs: few, complete, without control characters. */
export class LineReporter implements Reporter {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #pacer: Pacer;
  #last: { time: number; stage: string; share: number };

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#pacer = new Pacer(now);
    this.#last = { time: now(), stage: '', share: 0 };
  }

  progress(progress: StageProgress): void {
    const pace = this.#pacer.advance(progress);
    if (pace === undefined || !this.#isDue(pace)) return;
    this.#last = { time: this.#now(), stage: pace.stage, share: pace.share ?? 0 };
    this.#terminal.note(drawLine(pace));
  }

  pass(): void {
    this.#pacer.restart();
  }

  notice(lines: readonly string[]): void {
    for (const line of lines) this.#terminal.note(line);
  }

  result(describe: (paint: Paint) => readonly string[]): void {
    printResult(this.#terminal, describe);
  }

  failure(failure: Failure): void {
    printFailure(this.#terminal, failure);
  }

  close(): void {}

  #isDue({ stage, share }: Pace): boolean {
    if (this.#now() - this.#last.time < INTERVAL) return false;
    return stage !== this.#last.stage || share === undefined || share - this.#last.share >= STEP - 1e-9;
  }
}

/** `encode 45 %: 80/177, 63.1 fps, 1.54 s left`. */
export function drawLine(pace: Pace): string {
  const percent = pace.share === undefined ? '' : ` ${Math.floor(100 * pace.share)} %`;
  const fps = pace.fps === undefined ? '' : `${speed(pace.fps)} fps`;
  const left = pace.left === undefined ? '' : `${duration(pace.left)} left`;
  const facts = [amount(pace).trimStart(), fps, left].filter((fact) => fact !== '').join(', ');
  return `${pace.stage}${percent}${facts === '' ? '' : `: ${facts}`}`;
}
