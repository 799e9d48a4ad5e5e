// Packs the package, installs it into an empty folder on a PATH without a compiler, and makes a clip with it.
// Exits with status 1 when anything of it fails.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// What an npm install and a Node program need of a machine: no compiler, no make, no ffmpeg.
const programs = ['node', 'npm', 'sh', 'env', 'chmod', 'uname', 'cat', 'ls', 'mkdir', 'rm'];

function run(command, args, options) {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0)
    throw new Error(`Expected ${command} to succeed but received ${error ?? `status ${status}`}`);
}

function pack(folder) {
  run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (!archive) throw new Error(`Expected npm pack to leave an archive in ${folder} but found none`);
  return path.join(folder, archive);
}

function which(program) {
  const folders = process.env.PATH.split(path.delimiter);
  const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
  if (!stdout.trim()) throw new Error(`Expected ${program} in ${folders.join(', ')} but found none`);
  return stdout.trim();
}

/** A folder of links to the programs above, to stand as the whole PATH. */
function barePath(folder) {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const program of programs) symlinkSync(which(program), path.join(bin, program));
  return bin;
}

/** An empty project that asks for the package the way its documentation says. */
function consumer(folder) {
  const project = path.join(folder, 'consumer');
  mkdirSync(project);
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    allowScripts: { 'onnxruntime-node': false },
  };
  writeFileSync(path.join(project, 'package.json'), JSON.stringify(manifest));
  // The same for versions of npm that do not know allowScripts.
  writeFileSync(path.join(project, '.npmrc'), 'onnxruntime-node-install=skip\n');
  copyFileSync(path.join(root, '.ci/clip.mjs'), path.join(project, 'clip.mjs'));
  for (const example of ['portrait.png', 'speech.wav'])
    copyFileSync(path.join(root, 'examples', example), path.join(project, example));
  return project;
}

function main(folder) {
  const archive = pack(folder);
  const project = consumer(folder);
  const { FFMPEG_PATH, ...rest } = process.env;
  const env = { ...rest, PATH: barePath(folder), PREBUILDS_ONLY: '1' };
  run('npm', ['install', '--no-audit', '--no-fund', archive], { cwd: project, env });
  run('node', ['clip.mjs'], { cwd: project, env });
  run('node', ['node_modules/kdtalker/bin/kdtalker.js', '--version'], { cwd: project, env });
}

const folder = mkdtempSync(path.join(tmpdir(), 'kdtalker-packed-'));
try {
  main(folder);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
