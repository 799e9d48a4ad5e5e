// Packs the package and installs the archive as newcomers do: empty folders, plain settings, npm 10 and 11, with and without install
// scripts, with and without optional packages, on a PATH without a compiler or an ffmpeg. Each installation makes a clip, or names what it
// lacks and makes one after that is installed. Exits with status 1 if a check fails.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { neededVersions, tooYoung } from '../native/build/elf.mjs';
import { attempt, inTemporaryFolder, makeConsumer, makeHome, root, run } from './consumer.mjs';

// The programs that an npm install and a Node program need: no compiler, no make, no ffmpeg.
const programs = ['node', 'sh', 'env', 'chmod', 'uname', 'cat', 'ls', 'mkdir', 'rm'];
const WAYS = [[], ['--ignore-scripts'], ['--omit=optional'], ['--ignore-scripts', '--omit=optional']];

/** This process's environment without the variables of `npm run` and of this project's .npmrc. */
function plainEnvironment(more) {
  const own = /^(npm_|INIT_CWD$|FFMPEG_PATH$|KDTALKER)/i;
  const rest = Object.entries(process.env).filter(([name]) => !own.test(name));
  return { ...Object.fromEntries(rest), ...more };
}

function pack(folder) {
  run(process.execPath, ['native/build/pack.mjs', folder], { cwd: root, stdio: 'inherit' });
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (!archive) throw new Error(`Expected an archive in ${folder} but found none`);
  const addon = path.join(root, 'build/Release/kdtalker.node');
  if (!existsSync(addon)) throw new Error(`Expected the checkout to keep ${addon} but packing took it away`);
  return path.join(folder, archive);
}

function which(program) {
  const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
  if (!stdout.trim()) throw new Error(`Expected ${program} on PATH but found none`);
  return stdout.trim();
}

/** A folder of links to the programs above, used as the whole PATH. */
function barePath(folder) {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const program of programs)
    symlinkSync(program === 'node' ? process.execPath : which(program), path.join(bin, program));
  return bin;
}

/** npm of a major version, as a command with its first arguments. */
function npmOf(major, folder) {
  const home = makeHome(path.join(folder, `npm-${major}`));
  run('npm', ['install', '--no-audit', '--no-fund', `npm@${major}`], { cwd: home, env: plainEnvironment() });
  const cli = path.join(home, 'node_modules/npm/bin/npm-cli.js');
  return (args, options) => run(process.execPath, [cli, ...args], options);
}

/** Every library that came with the package loads on the oldest system that the documentation names. */
function checkLibraries(project) {
  const home = path.join(project, 'node_modules/kdtalker');
  const files = readdirSync(home, { recursive: true }).map((file) => path.join(home, file));
  const libraries = files.filter((file) => /\.(node|so[.\d]*)$/.test(file));
  // With the library for GPUs where this machine can build it.
  const always = libraries.filter((file) => path.basename(file) !== 'libkdtalker_cuda.so');
  if (always.length !== 2) throw new Error(`Expected the addon and ONNX Runtime but received ${libraries}`);
  for (const file of libraries) {
    const young = tooYoung(neededVersions(readFileSync(file)));
    if (young.length > 0) throw new Error(`Expected ${file} to load on older systems but it needs ${young}`);
  }
}

/** Without optional packages a clip cannot be made: the error names the package and the command; after that command it can. */
function expectAdvice(npm, options) {
  const { status, stderr } = attempt(process.execPath, ['clip.mjs'], options);
  if (status === 0 || !/PACKAGE_INCOMPLETE/.test(stderr) || !/npm install --include=optional/.test(stderr))
    throw new Error(
      `Expected an error that names sharp and the command but received status ${status}: ${stderr}`,
    );
  npm(['install', '--include=optional'], options);
}

function installAndUse(archive, folder, npm, flags) {
  const cwd = makeConsumer(folder);
  const env = plainEnvironment({ PATH: path.join(folder, 'bin'), npm_config_update_notifier: 'false' });
  npm(['install', ...flags, archive], { cwd, env });
  checkLibraries(cwd);
  if (flags.includes('--omit=optional')) expectAdvice(npm, { cwd, env });
  console.log(run(process.execPath, ['clip.mjs'], { cwd, env }).trim());
  run(process.execPath, ['node_modules/kdtalker/bin/kdtalker.js', 'doctor'], { cwd, env });
  rmSync(cwd, { recursive: true });
}

/** The examples of docs/install.md, once. */
function bundle(archive, folder, npm) {
  const cwd = makeConsumer(folder);
  const env = plainEnvironment();
  copyFileSync(path.join(root, '.ci/bundled.mjs'), path.join(cwd, 'bundled.mjs'));
  npm(['install', archive, 'esbuild', '@vercel/nft'], { cwd, env });
  console.log(run(process.execPath, ['bundled.mjs'], { cwd, env }).trim());
}

inTemporaryFolder('packed', (folder) => {
  const archive = pack(folder);
  barePath(folder);
  for (const major of [10, 11]) {
    const npm = npmOf(major, folder);
    for (const flags of WAYS) installAndUse(archive, folder, npm, flags);
    if (major === 11) bundle(archive, folder, npm);
  }
});
