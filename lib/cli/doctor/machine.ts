import { access, constants } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { bytes } from '../layout.js';
import type { Check } from './check.js';

/** The oldest Node.js version in package.json's engines. */
const OLDEST_NODE = [20, 19] as const;
/** Below this the puppet pack works, but full models do not. */
const LITTLE_MEMORY = 1e9;

export const node: Check = {
  name: 'Node.js',
  async look() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const found = `${process.versions.node} on ${process.platform} ${process.arch}${libc()}`;
    if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]))
      return { state: 'ok', found };
    return { state: 'missing', found, advice: `Install Node.js ${OLDEST_NODE.join('.')} or newer.` };
  },
};

export const machine: Check = {
  name: 'machine',
  async look() {
    const cores = availableParallelism();
    const memory = memoryOf();
    const found = `${cores} ${cores === 1 ? 'core' : 'cores'}, ${bytes(memory)} of memory${modelOf()}`;
    const details = { cores, memory };
    if (memory >= LITTLE_MEMORY) return { state: 'ok', found, details };
    return { state: 'note', found, details, advice: 'Give it 1 GB or more: full models need it.' };
  },
};

export const temporaryFolder: Check = {
  name: 'temp folder',
  async look() {
    const folder = tmpdir();
    try {
      await access(folder, constants.W_OK);
      return { state: 'ok', found: folder };
    } catch {
      const advice = 'Set TMPDIR to a folder that may be written: sound given as bytes is kept there.';
      return { state: 'note', found: `${folder} cannot be written`, advice };
    }
  },
};

function libc(): string {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const version = report.header?.glibcVersionRuntime;
  return version === undefined ? '' : `, glibc ${version}`;
}

/** The memory limit of a container, or the memory of the machine, whichever is less. */
function memoryOf(): number {
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), limit);
}

function modelOf(): string {
  const model = cpus()[0]?.model.trim();
  return model ? `, ${model}` : '';
}
