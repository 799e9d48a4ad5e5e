import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

/**
 * Runs one task of a contender in a fresh process, so that nothing one leaves behind (memory, threads, compiled code) helps or
 * harms another.
 *
 * @returns what the task returned
 */
export function inChild(contender, task, settings) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [contender, task, JSON.stringify(settings)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    let result;
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('message', (message) => {
      result = message;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0 && result !== undefined) resolve(result);
      else reject(new Error(`${contender}: ${task} ended with ${signal ?? `code ${code}`}\n${errors}`));
    });
  });
}
