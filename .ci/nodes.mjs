// The lowest and the newest Node that `engines` admits run a program's first steps: load the package, make a clip, run the doctor. Their
// binaries come from the registry, into a temporary folder. Exits with status 1 if a step fails.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const lowest = engines.node.match(/^>=(\d+\.\d+\.\d+)$/)[1];

function run(command, args, options) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (status === 0 && stderr === '') return stdout.trim();
  throw new Error(
    `Expected ${command} ${args.join(' ')} to succeed without a word on stderr but received ${error ?? `status ${status}`}:\n${stdout}${stderr}`,
  );
}

function nodeOf(version, folder) {
  const home = path.join(folder, version);
  mkdirSync(home);
  writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
  const name = `node-${process.platform}-${process.arch}`;
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: home });
  return path.join(home, 'node_modules', name, 'bin/node');
}

/** A project with the checkout as its package. */
function consumer(folder) {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/kdtalker'));
  copyFileSync(path.join(root, '.ci/clip.mjs'), path.join(folder, 'clip.mjs'));
  for (const example of ['portrait.png', 'speech.wav'])
    copyFileSync(path.join(root, 'examples', example), path.join(folder, example));
}

const folder = mkdtempSync(path.join(tmpdir(), 'kdtalker-nodes-'));
try {
  consumer(folder);
  for (const version of [lowest, 'latest']) {
    const node = nodeOf(version, folder);
    console.log(run(node, ['--version']));
    console.log(run(node, ['clip.mjs'], { cwd: folder }));
    console.log(
      run(node, [path.join(root, 'bin/kdtalker.js'), 'doctor'], { cwd: folder })
        .split('\n')
        .at(-1),
    );
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
