// Builds and runs the engine's own tests, without Node. `--sanitize` builds them under AddressSanitizer and
// UndefinedBehaviorSanitizer; other arguments go to doctest.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fail, hasProgram, root, run } from './project.mjs';
import { runtimeLibrary } from './runtime.mjs';

const sanitize = process.argv.includes('--sanitize');
const doctestArguments = process.argv.slice(2).filter((argument) => argument !== '--sanitize');
const out = path.join(root, 'build', sanitize ? 'tests-sanitize' : 'tests');

function check(status, what) {
  if (status !== 0)
    fail(`Expected ${what} to succeed but it ended with status ${status}; its output is above.`);
}

function configure() {
  const plain = ['-DCMAKE_BUILD_TYPE=Release'];
  const checked = [
    '-DCMAKE_BUILD_TYPE=Debug',
    '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g -D_GLIBCXX_ASSERTIONS',
    '-DKDTALKER_SANITIZE=address,undefined',
  ];
  const args = ['-S', root, '-B', out, '-DKDTALKER_NATIVE_TESTS=ON', '-DKDTALKER_WERROR=ON'];
  if (hasProgram('ninja')) args.push('-G', 'Ninja');
  check(run('cmake', [...args, ...(sanitize ? checked : plain), '-Wno-dev']), 'the configuration');
  check(run('cmake', ['--build', out, '--parallel', String(availableParallelism())]), 'the build');
}

configure();
const environment = {
  ...process.env,
  KDTALKER_ORT: process.env.KDTALKER_ORT || runtimeLibrary(),
  ASAN_OPTIONS: 'strict_string_checks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
process.exit(run(path.join(out, 'kdtalker_tests'), doctestArguments, { env: environment }));
