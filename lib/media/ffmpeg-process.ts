import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { aborted, KdtalkerError, throwIfAborted } from '../errors.js';
import { atExit } from '../files/at-exit.js';
import { locateFfmpeg } from './ffmpeg.js';
import { warnIfOutdated } from './ffmpeg-version.js';
import { FfmpegWatch } from './ffmpeg-watch.js';

/**
 * Options of every run: print only errors, never read the terminal, and allocate no block above 1 GiB, three times the need of the largest
 * picture. At `-loglevel info` the first line is the version.
 */
const COMMON = ['-nostdin', '-loglevel', 'error', '-max_alloc', String(2 ** 30)];

/** How much of the end of stderr is kept for messages, in characters. */
const STDERR_TAIL = 65536;

/** How much of the start of stderr is kept, in characters: it holds the version. */
const STDERR_HEAD = 512;

/** How much of the progress report is kept, in characters: at least the last entry. */
const REPORT_TAIL = 2048;

/** How a run ended. */
export interface FfmpegExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  stderr: string;
  /** Pictures that it has written, if it reports them. */
  frames: number;
  /** Why it could not start. */
  spawnError?: Error;
}

/** The options of a run. */
export interface FfmpegRunOptions {
  signal?: AbortSignal | undefined;
  /** The task, for messages: "Encoding 'talk.mp4'". */
  what: string;
  stdin?: boolean;
  stdout?: boolean;
  /** Whether it reports on stdout how much it has written. */
  report?: boolean;
  /** A second input beside stdin: `pipe:3` for ffmpeg. */
  sound?: boolean;
  /** A second output beside stdout: `pipe:4` for ffmpeg. */
  output?: boolean;
}

/**
 * One running ffmpeg. The child never outlives its use: {@link kill}, the signal, the exit of this process and {@link FfmpegWatch} kill it.
 * If this process is killed, the child's pipes close and it ends by itself.
 *
 * An idle child does not keep the event loop alive; a pending write, read or {@link wait} does.
 */
export class FfmpegProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<FfmpegExit>;
  readonly #options: FfmpegRunOptions;
  readonly #watchdog: FfmpegWatch;
  #stderr = '';
  #head = '';
  #report = '';

  private constructor(child: ChildProcess, options: FfmpegRunOptions) {
    this.#child = child;
    this.#options = options;
    this.#watchdog = new FfmpegWatch(child, () => killGroup(child));
    this.#exit = this.#watch();
    // Without a listener EPIPE would be thrown; the exit gives the reason.
    child.stdin?.on('error', () => {});
    child.stdout?.on('error', () => {});
    // Node also reads from such a pipe, which would keep the event loop alive for ever.
    (child.stdio[3] as Socket | null)?.unref();
    outputOf(child)?.on('error', () => {});
    this.#hold(false);
  }

  /**
   * Starts ffmpeg with these arguments after the common ones.
   *
   * @throws FFMPEG_NOT_FOUND, ABORTED. {@link wait} reports a program that cannot run.
   */
  static start(args: readonly string[], options: FfmpegRunOptions): FfmpegProcess {
    throwIfAborted(options.signal, options.what);
    const { path } = locateFfmpeg();
    const pipe = (wanted: boolean | undefined) => (wanted ? 'pipe' : 'ignore');
    const report = options.report ? ['-progress', 'pipe:1'] : [];
    const { stdin, stdout, sound, output } = options;
    const [input, report1, sound3, output4] = [stdin, stdout || options.report, sound, output].map(pipe);
    const child = spawn(path, [...COMMON, ...report, ...args], {
      stdio: [input!, report1!, 'pipe', sound3!, output4!],
      // A group of its own: Ctrl-C reaches only us, and we decide whether that is an abort.
      detached: true,
    });
    return new FfmpegProcess(child, options);
  }

  get stdin(): Writable {
    return this.#child.stdin!;
  }

  get stdout(): Readable {
    return this.#child.stdout!;
  }

  /** The pipe that ffmpeg reads as `pipe:3`. */
  get sound(): Writable {
    return this.#child.stdio[3] as Writable;
  }

  /** The bytes that ffmpeg writes to `pipe:4`. */
  get output(): Readable {
    return outputOf(this.#child)!;
  }

  /** The process id, for tests; undefined if it could not start. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits for the exit, which may never come while nobody reads stdout. Never rejects. */
  async wait(): Promise<FfmpegExit> {
    this.#hold(true);
    return this.#exit;
  }

  /** Kills it and waits for its exit. May be called twice or after the exit. */
  async kill(): Promise<void> {
    killGroup(this.#child);
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    (this.#child.stdio[3] as Writable | null)?.destroy();
    outputOf(this.#child)?.destroy();
    await this.wait();
  }

  /** The error of an unsuccessful exit, or undefined. ABORTED if the signal has fired. */
  errorOf(exit: FfmpegExit): KdtalkerError | undefined {
    const { signal, what } = this.#options;
    if (signal?.aborted) return aborted(signal, what);
    if (exit.spawnError) return cannotRun(exit.spawnError);
    if (exit.code === 0 && this.#watchdog.reason === undefined) return undefined;
    const how = exit.signal ? `it was ended by ${exit.signal}` : `it ended with exit code ${exit.code}`;
    return this.#failed(exit, this.#watchdog.reason ?? how);
  }

  /**
   * The error of an exit that came too early, whatever the exit code.
   *
   * @param before the condition that did not hold yet: 'it had taken all frames'
   */
  earlyEnd(exit: FfmpegExit, before: string): KdtalkerError {
    return this.errorOf(exit) ?? this.#failed(exit, `it ended with exit code ${exit.code} before ${before}`);
  }

  #failed(exit: FfmpegExit, how: string): KdtalkerError {
    const said = exit.stderr.trim() ? ` Its last words: ${lastLines(exit.stderr)}` : '';
    const hint = this.#watchdog.reason === undefined ? hintFor(exit) : '';
    const message = `${this.#options.what} failed: expected ffmpeg to finish but ${how}.${said}${hint}`;
    return new KdtalkerError('FFMPEG_FAILED', message);
  }

  #watch(): Promise<FfmpegExit> {
    const child = this.#child;
    const { signal } = this.#options;
    const stop = () => void this.kill();
    const forget = atExit(() => killGroup(child));
    signal?.addEventListener('abort', stop, { once: true });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#head = (this.#head + text).slice(0, STDERR_HEAD);
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    });
    if (this.#options.report)
      child.stdout!.setEncoding('latin1').on('data', (text: string) => {
        this.#report = (this.#report + text).slice(-REPORT_TAIL);
      });
    // Its own children may hold its pipes open for ever.
    child.once('exit', () => signalGroup(child.pid));
    return new Promise<FfmpegExit>((resolve) => {
      const said = () => ({ stderr: this.#stderr, frames: framesOf(this.#report) });
      child.once('error', (spawnError) => resolve({ code: null, signal: null, ...said(), spawnError }));
      child.once('close', (code, ended) => resolve({ code, signal: ended, ...said() }));
    }).finally(() => {
      this.#watchdog.stop();
      warnIfOutdated(this.#head);
      forget();
      signal?.removeEventListener('abort', stop);
    });
  }

  #hold(held: boolean): void {
    const verb = held ? 'ref' : 'unref';
    this.#child[verb]();
    const { stderr, stdout } = this.#child;
    const pipes = this.#options.report ? [stderr, stdout, outputOf(this.#child)] : [stderr];
    for (const pipe of pipes) (pipe as Socket | null | undefined)?.[verb]();
  }
}

function outputOf(child: ChildProcess): Readable | null | undefined {
  return child.stdio[4] as Readable | null | undefined;
}

function framesOf(report: string): number {
  return Number([...report.matchAll(/^frame=(\d+)$/gm)].at(-1)?.[1] ?? 0);
}

/** Signals the child and its own children: FFMPEG_PATH can name a script. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (exitCode === null && signalCode === null) signalGroup(pid);
}

function signalGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The whole group has ended.
  }
}

function cannotRun(cause: Error): KdtalkerError {
  const message = `Expected to run ffmpeg but received '${cause.message}'. Check the program that FFMPEG_PATH or PATH names.`;
  return new KdtalkerError('FFMPEG_NOT_FOUND', message, { cause });
}

function lastLines(stderr: string): string {
  return stderr.trim().split('\n').slice(-3).join(' | ');
}

function hintFor(exit: FfmpegExit): string {
  const [, part] = /Unknown (encoder)|No such (filter)/.exec(exit.stderr)?.filter(Boolean) ?? [];
  if (part !== undefined)
    return ` This ffmpeg was built without that ${part}: set FFMPEG_PATH to a complete one.`;
  if (exit.signal === 'SIGKILL') return ' Something else killed it, often the system when memory runs out.';
  return '';
}
