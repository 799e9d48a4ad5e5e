// The lowest and the newest Node that `engines` admits run a program's first steps: load the package, make a clip, run the doctor. Their
// binaries come from the registry, into a temporary folder. Exits with status 1 if a step fails.
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { inTemporaryFolder, makeConsumer, makeHome, root, run } from './consumer.mjs';

const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const lowest = engines.node.match(/^>=(\d+\.\d+\.\d+)$/)[1];

/** Runs a command that prints nothing on stderr. */
const print = (command, args, options) => run(command, args, { ...options, quiet: true }).trim();

function nodeOf(version, folder) {
  const home = makeHome(path.join(folder, version));
  const name = `node-${process.platform}-${process.arch}`;
  print('npm', ['install', '--silent', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: home });
  return path.join(home, 'node_modules', name, 'bin/node');
}

/** A project with the checkout as its package. */
function consumer(folder) {
  const project = makeConsumer(folder);
  mkdirSync(path.join(project, 'node_modules'));
  symlinkSync(root, path.join(project, 'node_modules/kdtalker'));
  return project;
}

inTemporaryFolder('nodes', (folder) => {
  const cwd = consumer(folder);
  for (const version of [lowest, 'latest']) {
    const node = nodeOf(version, folder);
    console.log(print(node, ['--version']));
    console.log(print(node, ['clip.mjs'], { cwd }));
    const report = print(node, [path.join(root, 'bin/kdtalker.js'), 'doctor'], { cwd });
    console.log(report.split('\n').at(-1));
  }
});
