// Builds and runs the native tests, without Node: those of the engine, and those of the CUDA kernels on the double of CUDA. Kinds:
//
//   --gpu         the kernels' tests alone
//   --sanitize    both under AddressSanitizer and UndefinedBehaviorSanitizer
//   --threads     the engine's suite "threads" under ThreadSanitizer
//   --gpu-races   the kernels' tests under ThreadSanitizer, which knows no other order than the one that CUDA promises
//
// With --build-only nothing runs. Other arguments go to doctest.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fail, hasProgram, root, run } from './project.mjs';
import { runtimeLibrary } from './runtime.mjs';

const release = ['-DCMAKE_BUILD_TYPE=Release'];
const debug = ['-DCMAKE_BUILD_TYPE=Debug'];
const engine = 'kdtalker_tests';
const cuda = 'kdtalker_cuda_tests';
/** Of ONNX Runtime's providers, which the doubles of CUDA and of ONNX Runtime stand for. */
const provider = 'kdtalker_provider_tests';
/** The library for GPUs on the double of CUDA, which the engine's tests open. */
const double = 'kdtalker_cuda_double';
/** They begin first, so that no core is idle while the last one of them runs. */
const longest = ['run_failures.test.cc', 'renderer_pool.test.cc'];
/** Where the cases of each program lie. */
const folders = { [engine]: 'test/native', [cuda]: 'test/native/cuda', [provider]: 'test/native/provider' };
const races = [...debug, '-DCMAKE_CXX_FLAGS_DEBUG=-O2 -g1', '-DKDTALKER_SANITIZE=thread'];
const kinds = {
  plain: {
    folder: 'tests',
    options: release,
    programs: [engine, cuda, provider],
    tests: [],
  },
  gpu: { folder: 'tests', options: release, programs: [cuda], tests: [] },
  sanitize: {
    folder: 'tests-sanitize',
    options: [
      ...debug,
      '-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1 -D_GLIBCXX_ASSERTIONS',
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
  const targets = programs.includes(provider) ? [...programs, double] : programs;
  check(run('cmake', ['--build', out, ...parallel, '--target', ...targets]), 'the build');
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

const environmentOf = (program) => (program === provider ? doubles : environment);

/**
 * The runs of a program: the cases of each file, side by side, since most cases have one thread. One run, if a person chose some.
 *
 * @returns each run's program and arguments
 */
function runsOf(program) {
  if (doctestArguments.length > tests.length) return [{ program, args: doctestArguments }];
  const files = readdirSync(path.join(root, folders[program])).filter((file) => file.endsWith('.test.cc'));
  files.sort((a, b) => Number(longest.includes(b)) - Number(longest.includes(a)));
  return files.map((file) => ({ program, args: [...tests, '--no-version', `--source-file=*/${file}`] }));
}

/** Runs to its end; what it prints comes in one piece, since others run beside it. @returns its exit status */
function runCases({ program, args }) {
  const options = { cwd: root, env: environmentOf(program), maxBuffer: Number.POSITIVE_INFINITY };
  return new Promise((resolve) => {
    const child = execFile(path.join(out, program), args, options, (error, stdout, stderr) => {
      process.stdout.write(`${path.basename(program)} ${args.at(-1) ?? ''}\n${stdout}${stderr}`);
      if (error && child.exitCode === null) console.log(`${program}: ${error.message}`);
      resolve(error ? child.exitCode || 1 : 0);
    });
  });
}

const left = programs.flatMap(runsOf);
async function runNext() {
  for (let next = left.shift(); next; next = left.shift())
    process.exitCode = (await runCases(next)) || process.exitCode;
}
await Promise.all(Array.from({ length: availableParallelism() }, runNext));
