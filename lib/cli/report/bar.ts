import { clock, speed } from '../layout.js';
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

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\r\x1b[2K';
/** Milliseconds between two redraws. */
const INTERVAL = 100;
const STAGE_WIDTH = 9;

/** One line of a terminal, redrawn repeatedly and erased at the end. */
export class BarReporter implements Reporter {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  readonly #pacer: Pacer;
  readonly #leave = () => this.close();
  #drawn = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#pacer = new Pacer(now);
  }

  progress(progress: StageProgress): void {
    const pace = this.#pacer.advance(progress);
    if (pace === undefined || this.#now() - this.#drawn < INTERVAL) return;
    this.#drawn = this.#now();
    if (!this.#shown) this.#open();
    this.#terminal.draw(CLEAR_LINE + drawBar(pace, this.#terminal.columns));
  }

  pass(): void {
    this.#pacer.restart();
  }

  notice(lines: readonly string[]): void {
    this.close();
    for (const line of lines) this.#terminal.note(line);
  }

  result(describe: (paint: Paint) => readonly string[]): void {
    this.close();
    printResult(this.#terminal, describe);
  }

  failure(failure: Failure): void {
    this.close();
    printFailure(this.#terminal, failure);
  }

  close(): void {
    if (!this.#shown) return;
    this.#shown = false;
    process.off('exit', this.#leave);
    this.#terminal.draw(CLEAR_LINE + SHOW_CURSOR);
  }

  #open(): void {
    this.#shown = true;
    process.on('exit', this.#leave);
    this.#terminal.draw(HIDE_CURSOR);
  }
}

/** `encode   [#########...........]  45 %  80/177  63.1 fps  ETA 0:02`, cut to fit a line. */
export function drawBar(pace: Pace, columns: number): string {
  const percent = pace.share === undefined ? '' : `${Math.floor(100 * pace.share)} %`.padStart(5);
  const fps = pace.fps === undefined ? '' : `${speed(pace.fps)} fps`;
  const left = pace.left === undefined ? '' : `ETA ${clock(pace.left)}`;
  const facts = [percent, amount(pace), fps, left].filter((fact) => fact !== '').join('  ');
  // One column remains free: some terminals break a line that fills the last one.
  const room = columns - 1 - STAGE_WIDTH - facts.length - 4;
  const bar = room >= 10 && pace.share !== undefined ? `[${fill(pace.share, Math.min(30, room))}]  ` : '';
  return `${pace.stage.padEnd(STAGE_WIDTH)}${bar}${facts}`.slice(0, columns - 1);
}

function fill(share: number, width: number): string {
  return '#'.repeat(Math.floor(share * width)).padEnd(width, '.');
}
