import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { sha256 } from './hash.js';

/** Identifies a process permanently: process ids are reused, but not with the same start time. */
export interface ProcessMark {
  /** In its own namespace. */
  pid: number;
  /** Ticks of the kernel's clock from the boot of the machine to the start of the process; 0 where that cannot be read. */
  start: string;
  /** Eight hexadecimal digits for where `pid` and `start` mean anything: this boot of this kernel, this namespace. */
  origin: string;
}

/** The known state of a mark's process. */
export type ProcessState = 'gone' | 'running' | 'unknown';

let own: ProcessMark | undefined;

/** The mark of this process. */
export function ownMark(): ProcessMark {
  own ??= { pid: process.pid, start: readStat('self')?.start ?? '0', origin: readOrigin() };
  return own;
}

/**
 * Whether the process of a mark still runs. `unknown` for a process of another machine, boot or container. If the system hides other
 * users' processes, a process counts as running.
 */
export function stateOf({ pid, start, origin }: ProcessMark): ProcessState {
  if (origin !== ownMark().origin) return 'unknown';
  if (!exists(pid)) return 'gone';
  const found = readStat(pid);
  if (!found) return 'running';
  // A zombie has ended; only its parent has not asked how.
  return found.start !== start || found.state === 'Z' || found.state === 'X' ? 'gone' : 'running';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'; // EPERM: somebody else's
  }
}

/** proc_pid_stat(5). The second field is the program's name in parentheses and may hold anything. */
function readStat(pid: number | 'self'): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    if (pid === 'self' && !text.startsWith(`${process.pid} `)) return undefined; // /proc of another namespace
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, start: fields[19]! };
  } catch {
    return undefined;
  }
}

/** Without /proc no two processes share an origin, and none counts as ended. */
function readOrigin(): string {
  if (readStat('self') === undefined) return randomBytes(4).toString('hex');
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    return sha256(boot, ...['pid', 'time'].map(namespaceOf)).slice(0, 8);
  } catch {
    return randomBytes(4).toString('hex');
  }
}

function namespaceOf(kind: string): string {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`);
  } catch (error) {
    if (kind === 'pid') throw error;
    return ''; // older kernels have no namespaces of time
  }
}
