import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { aborted, KdtalkerError, quote } from '../errors.js';

/** A Python that has PyTorch. */
export interface Python {
  program: string;
  /** Version of PyTorch. */
  torch: string;
}

const ASK = 'import sys, torch; print(*sys.version_info[:2], torch.__version__)';
/** Importing PyTorch from a slow disk takes a while. */
const PATIENCE = 120_000;
const OLDEST = { python: [3, 10], torch: [1, 13] } as const;
const HOW = 'Install it with: python3 -m pip install torch; or name a Python that has it in KDTALKER_PYTHON';

/**
 * The Python that trains: `KDTALKER_PYTHON`, else `python3`. Only training needs one.
 *
 * @throws KdtalkerError PYTHON_NOT_FOUND that says what to install, ABORTED
 */
export async function findPython(signal?: AbortSignal): Promise<Python> {
  const program = process.env.KDTALKER_PYTHON || 'python3';
  const [major = 0, minor = 0, torch = ''] = await ask(program, signal);
  if (isOlder([Number(major), Number(minor)], OLDEST.python))
    throw missing(
      `Python ${OLDEST.python.join('.')} or later`,
      `${quote(program)}, which is ${major}.${minor}`,
    );
  if (isOlder(torch.split('.').map(Number), OLDEST.torch))
    throw missing(`PyTorch ${OLDEST.torch.join('.')} or later`, `${torch} of ${quote(program)}`);
  return { program, torch };
}

/** Versions of Python and PyTorch. */
async function ask(program: string, signal: AbortSignal | undefined): Promise<[string?, string?, string?]> {
  try {
    const { stdout } = await promisify(execFile)(program, ['-c', ASK], { timeout: PATIENCE, signal });
    return stdout.trim().split(' ') as [string?, string?, string?];
  } catch (cause) {
    if (signal?.aborted) throw aborted(signal, 'Looking for Python');
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    if (typeof code === 'string')
      throw missing('a Python with PyTorch', `no program at ${quote(program)}`, cause);
    const last = (stderr ?? '').trim().split('\n').at(-1);
    throw missing('a Python with PyTorch', `${quote(program)}, which says: ${last || 'nothing'}`, cause);
  }
}

function isOlder(version: readonly number[], [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version;
  return a < major || (a === major && b < minor);
}

function missing(expected: string, received: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError('PYTHON_NOT_FOUND', `Expected ${expected} but received ${received}. ${HOW}`, {
    cause,
  });
}
