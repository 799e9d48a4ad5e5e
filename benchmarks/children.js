import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

/**
 * Runs one task of a contender in a fresh process, so that remains of one task (memory, threads, compiled code) neither help nor harm
 * another. `settings.signal` ends it; `settings.env` is added to its environment.
 *
 * @returns the task's result
 */
export function inChild(contender, task, { signal, env, ...settings }) {
  const { name, code, load, precision } = contender;
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [code, task, JSON.stringify({ load, precision, ...settings })], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
      signal,
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
    child.on('close', (status, by) => {
      if (status === 0 && result !== undefined) resolve(result);
      else reject(new Error(`${name}: ${task} ended with ${by ?? `code ${status}`}\n${errors}`));
    });
  });
}
