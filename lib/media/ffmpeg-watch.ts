import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Limits of one run. Tests lower them. */
export const FFMPEG_LIMITS = {
  /** Milliseconds without a byte in or out while only ffmpeg can make progress. */
  patience: 60_000,
  /** Milliseconds from the last byte for an encoder to its exit: it may rewrite the whole file. */
  finishing: 600_000,
  /** Resident bytes. 8K video in ten bits on sixteen cores uses 3 GB. */
  memory: 2 ** 32,
};

/** Milliseconds between two checks. */
const PERIOD = 250;

/**
 * Kills an ffmpeg that hangs or uses too much memory, as a crafted file can cause. Our reader or writer may be slow: time counts only while
 * ffmpeg can make progress.
 */
export class FfmpegWatch {
  /** Why it was killed, as "it ..."; undefined if it was not. */
  reason: string | undefined;
  readonly #child: ChildProcess;
  readonly #end: () => void;
  readonly #timer: NodeJS.Timeout;
  #moved = -1;
  #since = 0;

  constructor(child: ChildProcess, end: () => void) {
    this.#child = child;
    this.#end = end;
    this.#timer = setInterval(() => this.#look(), Math.min(PERIOD, FFMPEG_LIMITS.patience)).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.reason ??= this.#tooLong() ?? this.#tooLarge();
    if (this.reason !== undefined) this.#end();
  }

  #tooLong(): string | undefined {
    const now = performance.now();
    const moved = bytesMoved(this.#child);
    const limit = patienceWith(this.#child);
    if (moved !== this.#moved || limit === Number.POSITIVE_INFINITY) {
      this.#moved = moved;
      this.#since = now;
    }
    return now - this.#since > limit ? `it made no progress for ${limit / 1000} s` : undefined;
  }

  #tooLarge(): string | undefined {
    const { memory } = FFMPEG_LIMITS;
    return residentBytes(this.#child.pid) > memory
      ? `it took more than ${memory / 2 ** 20} MiB of memory`
      : undefined;
  }
}

/** The bytes that ffmpeg has read from us plus those that we have read from it. */
function bytesMoved(child: ChildProcess): number {
  const taken = inputsOf(child).map((pipe) => pipe.bytesWritten - pipe.writableLength);
  const given = outputsOf(child).map((pipe) => pipe.bytesRead);
  return [...taken, ...given].reduce((sum, bytes) => sum + bytes, 0);
}

/** @internal How long it may make no progress: without limit while it may be waiting for our next frame or sound, or for our reading. */
export function patienceWith(child: ChildProcess): number {
  const { patience, finishing } = FFMPEG_LIMITS;
  const inputs = inputsOf(child);
  if (outputsOf(child).some(({ readableLength }) => readableLength > 0)) return Number.POSITIVE_INFINITY;
  if (inputs.length === 0) return patience;
  if (inputs.every(({ writableFinished }) => writableFinished)) return finishing;
  return inputs.some(isOurTurn) ? Number.POSITIVE_INFINITY : patience;
}

/** Frames go to stdin, sound to a second pipe. */
function inputsOf({ stdin, stdio }: ChildProcess): Socket[] {
  return [stdin, stdio?.[3]].filter((pipe) => pipe != null) as Socket[];
}

/** Output comes from stdout; a video for a stream comes from a second pipe. */
function outputsOf({ stdout, stdio }: ChildProcess): Socket[] {
  return [stdout, stdio?.[4]].filter((pipe) => pipe != null) as Socket[];
}

/** Whether it has read everything that we wrote and waits for more. */
function isOurTurn({ writableLength, writableEnded, destroyed }: Socket): boolean {
  return writableLength === 0 && !writableEnded && !destroyed;
}

/** 0 if the system does not report it. */
function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
