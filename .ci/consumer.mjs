// What nodes.mjs and packed.mjs share: a temporary folder, a project that uses the package, and commands in it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command and returns how it ended, with its output as text. */
export function attempt(command, args, options) {
  console.log(`$ ${path.basename(command)} ${args.map((arg) => path.basename(arg)).join(' ')}`);
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

/** Runs a command that must succeed and returns its output. With `quiet`, a word on stderr is a failure too. */
export function run(command, args, { quiet = false, ...options } = {}) {
  const { status, error, stdout, stderr } = attempt(command, args, options);
  if (status === 0 && !(quiet && stderr !== '')) return stdout;
  throw new Error(
    `Expected ${command} ${args.join(' ')} to succeed${quiet ? ' without a word on stderr' : ''} but received ` +
      `${error ?? `status ${status}`}:\n${stdout}${stderr}`,
  );
}

/** A new folder in `parent` with a manifest, the program clip.mjs and its inputs. */
export function makeConsumer(parent) {
  const folder = mkdtempSync(path.join(parent, 'consumer-'));
  writeManifest(folder, { name: 'consumer', private: true, type: 'module' });
  copyFileSync(path.join(root, '.ci/clip.mjs'), path.join(folder, 'clip.mjs'));
  for (const example of ['portrait.png', 'speech.wav'])
    copyFileSync(path.join(root, 'examples', example), path.join(folder, example));
  return folder;
}

/** A new folder for npm packages. */
export function makeHome(folder) {
  mkdirSync(folder);
  writeManifest(folder, { private: true });
  return folder;
}

function writeManifest(folder, manifest) {
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
}

/** Runs a check with a temporary folder. If it throws, prints the message and sets the exit status to 1. */
export function inTemporaryFolder(name, check) {
  const folder = mkdtempSync(path.join(tmpdir(), `kdtalker-${name}-`));
  try {
    check(folder);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
