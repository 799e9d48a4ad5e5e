import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);
const root = new URL('..', import.meta.url);

/** Everything on which the numbers depend; the loaded ONNX Runtime is added once it is known. */
export async function describeMachine() {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  return {
    date: new Date().toISOString(),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: os.totalmem() / 2 ** 30,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    load: os.loadavg()[0],
    node: process.version,
    kdtalker: version,
    commit: await commit(),
    ortnode: ortnodeVersion(),
  };
}

/** It is not a dependency of the package: install it for the comparison. */
function ortnodeVersion() {
  try {
    return require('onnxruntime-node/package.json').version;
  } catch {
    return 'not installed';
  }
}

/** Short hash, with `+` if files differ from it; `unknown` outside a checkout. */
async function commit() {
  const git = async (...args) => (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  try {
    const changed = await git('status', '--porcelain');
    return (await git('rev-parse', '--short', 'HEAD')) + (changed === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** The head of the report. */
export function machineLines({ cpu, cores, memoryGiB, system, load, node, kdtalker, commit: hash, ...rest }) {
  return [
    `${cpu}, ${cores} cores, ${memoryGiB.toFixed(0)} GiB, ${system}, load ${load.toFixed(1)} before the run`,
    `Node ${node}, kdtalker ${kdtalker} (${hash}), onnxruntime-node ${rest.ortnode}, ${rest.date}`,
  ];
}
