// Builds and runs the native tests, without Node: those of the engine, and those of the CUDA kernels on the double of CUDA. Kinds:
//
//   --sanitize    both under AddressSanitizer and UndefinedBehaviorSanitizer
//   --threads     the engine's suite "threads" under ThreadSanitizer
//   --gpu-races   the kernels' tests under ThreadSanitizer, which knows no other order than the one that CUDA promises
//
// With --build-only nothing runs. Other arguments go to doctest.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fail, hasProgram, root, run } from './project.mjs';
import { runtimeLibrary } from './runtime.mjs';

const debug = ['-DCMAKE_BUILD_TYPE=Debug'];
const engine = 'kdtalker_tests';
const cuda = 'kdtalker_cuda_tests';
/** Of ONNX Runtime's providers, which the doubles of CUDA and of ONNX Runtime stand for. */
const provider = 'kdtalker_provider_tests';
/** The library for GPUs on the double of CUDA, which the engine's tests open. */
const double = 'kdtalker_cuda_double';
const races = [...debug, '-DCMAKE_CXX_FLAGS_DEBUG=-O2 -g', '-DKDTALKER_SANITIZE=thread'];
const kinds = {
  plain: {
    folder: 'tests',
    options: ['-DCMAKE_BUILD_TYPE=Release'],
    programs: [engine, cuda, provider],
    tests: [],
  },
  sanitize: {
    folder: 'tests-sanitize',
    options: [
      ...debug,
      '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g -D_GLIBCXX_ASSERTIONS',
      '-DKDTALKER_SANITIZE=address,undefined',
    ],
    programs: [engine, cuda, provider],
    tests: [],
  },
  threads: {
    folder: 'tests-threads',
    options: races,
    programs: [engine, provider],
    tests: ['--test-suite=threads'],
  },
  'gpu-races': { folder: 'tests-threads', options: races, programs: [cuda], tests: [] },
};

const given = process.argv.slice(2);
const kind = Object.keys(kinds).find((name) => given.includes(`--${name}`)) ?? 'plain';
const { folder, options, programs, tests } = kinds[kind];
const buildOnly = given.includes('--build-only');
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
  const parallel = ['--parallel', String(availableParallelism())];
  check(run('cmake', ['--build', out, ...parallel, '--target', ...programs, double]), 'the build');
}

configure();
if (buildOnly) process.exit(0);
const runtime = process.env.KDTALKER_ORT || runtimeLibrary();
const environment = {
  ...process.env,
  KDTALKER_ORT: runtime,
  KDTALKER_CUDA: path.join(out, `lib${double}.so`),
  ASAN_OPTIONS: 'strict_string_checks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: `suppressions=${path.join(root, 'test/native/support/tsan.supp')}:die_after_fork=0:second_deadlock_stack=1`,
};
const doubles = {
  ...environment,
  KDTALKER_ORT: path.join(out, 'runtime/libonnxruntime_double.so'),
  KDTALKER_ORT_REAL: runtime,
};
const statuses = programs.map((program) =>
  run(path.join(out, program), doctestArguments, { env: program === provider ? doubles : environment }),
);
process.exit(statuses.find((status) => status !== 0) ?? 0);
