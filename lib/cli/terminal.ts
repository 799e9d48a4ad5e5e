/** A stream that may be a terminal. */
export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The meanings of a word that a colour can show. */
export type Tone = 'good' | 'bad' | 'warn' | 'strong' | 'faint';

const CODES: Record<Tone, readonly [on: number, off: number]> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  strong: [1, 22],
  faint: [2, 22],
};

/**
 * Both outputs of the process: results go to stdout, everything else to stderr. A closed reader (`kdtalker packs list | head -1`) is no
 * error: further output is dropped, the work goes on.
 */
export class Terminal {
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(stdout: Stream = process.stdout, stderr: Stream = process.stderr, environment = process.env) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#environment = environment;
    for (const stream of [stdout, stderr]) stream.on('error', ignoreBrokenPipe);
  }

  /** Whether stderr is a terminal on which a line can be redrawn. */
  get interactive(): boolean {
    return this.#stderr.isTTY === true && this.#environment.TERM !== 'dumb';
  }

  /** Width of stderr. */
  get columns(): number {
    return this.#stderr.columns || 80;
  }

  /** Prints a line of the result. */
  out(line: string): void {
    this.#stdout.write(`${line}\n`);
  }

  /** Prints a line about the work. */
  note(line: string): void {
    this.#stderr.write(`${line}\n`);
  }

  /** Writes text to stderr unchanged, including control characters. */
  draw(raw: string): void {
    this.#stderr.write(raw);
  }

  /** Colours a word of `out` if stdout shows colours. */
  paint(tone: Tone, word: string): string {
    return this.#colour(this.#stdout, tone, word);
  }

  /** Colours a word of `note`. */
  paintNote(tone: Tone, word: string): string {
    return this.#colour(this.#stderr, tone, word);
  }

  #colour(stream: Stream, tone: Tone, word: string): string {
    const { NO_COLOR, TERM } = this.#environment;
    if (!stream.isTTY || NO_COLOR || TERM === 'dumb') return word;
    const [on, off] = CODES[tone];
    return `\x1b[${on}m${word}\x1b[${off}m`;
  }
}

function ignoreBrokenPipe(error: Error): void {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
}
