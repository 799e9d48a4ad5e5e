// Checks the C++ sources with clang-format; with `--fix` formats them in place. With `--tidy` runs clang-tidy instead, if it is installed;
// this takes minutes, not a second. `--tidy --quick` leaves the static analyzer out, which takes half of them.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fail, hasProgram, resolve, root, run } from './project.mjs';

const folders = ['native', 'test/native'];

function sources(pattern) {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true })
      .filter((file) => pattern.test(file))
      .map((file) => path.join(folder, file)),
  );
}

function format() {
  const program = resolve('clang-format-node/package.json');
  if (!program) fail('Expected clang-format-node for the C++ format but found none. Run `npm ci`.');
  const cli = path.join(path.dirname(program), 'build', 'cli.js');
  const mode = process.argv.includes('--fix') ? ['-i'] : ['--dry-run', '-Werror'];
  return run(process.execPath, [cli, ...mode, ...sources(/\.(h|cc|cu)$/)]);
}

/** The addon's build must be configured before: it writes compile_commands.json. */
function tidy() {
  if (!hasProgram('clang-tidy')) {
    console.log('clang-tidy is not installed; its checks are left out.');
    return 0;
  }
  const files = sources(/\.cc$/).filter((file) => /^native\/(?!cuda\/double)/.test(file));
  // Two files at a time: xargs returns a status other than 0 if any file has findings.
  // native/cuda is not in that build: clang-tidy takes the options of other files, and here the headers.
  const headers = `--extra-arg=-isystem${path.join(root, 'native/cuda/double/toolkit')}`;
  const checks = process.argv.includes('--quick') ? "'--checks=-clang-analyzer-*'" : '';
  const command = `printf '%s\\0' "$@" | xargs -0 -n 1 -P 2 clang-tidy --quiet -p build '${headers}' ${checks}`;
  return run('sh', ['-c', command, 'sh', ...files]);
}

process.exit(process.argv.includes('--tidy') ? tidy() : format());
