// Functions that the build scripts share: the project's folder, running a program, printing messages.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(path.join(root, 'package.json'));

/** The TypeScript sources are not published, so their folder tells a checkout from an installed package. */
export const isCheckout = existsSync(path.join(root, 'lib'));

/** The file that a module's specifier names, or undefined if the package is not installed. */
export function resolve(specifier) {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** Runs a program with this terminal's streams; returns its exit status, or 127 if it cannot be started. */
export function run(command, args, options = {}) {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options });
  return signal ? 1 : (status ?? 127);
}

/** Whether a program is on PATH. */
export function hasProgram(name) {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Prints a message for a person and ends with status 1. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}
