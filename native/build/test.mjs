// Builds and runs the engine's own tests, without Node. `--sanitize` builds them under AddressSanitizer and UndefinedBehaviorSanitizer,
// `--threads` the tests of the suite "threads" under ThreadSanitizer; other arguments go to doctest.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fail, hasProgram, root, run } from './project.mjs';
import { runtimeLibrary } from './runtime.mjs';

const debug = ['-DCMAKE_BUILD_TYPE=Debug'];
const kinds = {
  plain: { folder: 'tests', options: ['-DCMAKE_BUILD_TYPE=Release'], tests: [] },
  sanitize: {
    folder: 'tests-sanitize',
    options: [
      ...debug,
      '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g -D_GLIBCXX_ASSERTIONS',
      '-DKDTALKER_SANITIZE=address,undefined',
    ],
    tests: [],
  },
  threads: {
    folder: 'tests-threads',
    options: [...debug, '-DCMAKE_CXX_FLAGS_DEBUG=-O2 -g', '-DKDTALKER_SANITIZE=thread'],
    tests: ['--test-suite=threads'],
  },
};

const given = process.argv.slice(2);
const kind = Object.keys(kinds).find((name) => given.includes(`--${name}`)) ?? 'plain';
const { folder, options, tests } = kinds[kind];
const doctestArguments = [...tests, ...given.filter((argument) => argument !== `--${kind}`)];
const out = path.join(root, 'build', folder);

function check(status, what) {
  if (status !== 0)
    fail(`Expected ${what} to succeed but it ended with status ${status}; its output is above.`);
}

function configure() {
  const args = ['-S', root, '-B', out, '-DKDTALKER_NATIVE_TESTS=ON', '-DKDTALKER_WERROR=ON'];
  if (hasProgram('ninja')) args.push('-G', 'Ninja');
  check(run('cmake', [...args, ...options, '-Wno-dev']), 'the configuration');
  check(run('cmake', ['--build', out, '--parallel', String(availableParallelism())]), 'the build');
}

configure();
const environment = {
  ...process.env,
  KDTALKER_ORT: process.env.KDTALKER_ORT || runtimeLibrary(),
  ASAN_OPTIONS: 'strict_string_checks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: `suppressions=${path.join(root, 'test/native/support/tsan.supp')}:die_after_fork=0:second_deadlock_stack=1`,
};
process.exit(run(path.join(out, 'kdtalker_tests'), doctestArguments, { env: environment }));
