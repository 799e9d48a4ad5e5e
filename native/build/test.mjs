// Builds and runs the engine's own tests, without Node. `--sanitize` builds them under AddressSanitizer and
// UndefinedBehaviorSanitizer; other arguments go to doctest.
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fail, hasProgram, resolve, root, run } from './project.mjs';

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

/** onnxruntime-node's copy of the runtime; the engine opens what KDTALKER_ORT names. */
function runtimeLibrary() {
  if (process.env.KDTALKER_ORT) return process.env.KDTALKER_ORT;
  const manifest = resolve('onnxruntime-node/package.json');
  if (!manifest) return fail('Expected onnxruntime-node for the native tests but found none. Run `npm ci`.');
  const bin = path.join(path.dirname(manifest), 'bin');
  const files = readdirSync(bin).map((abi) =>
    path.join(bin, abi, process.platform, process.arch, 'libonnxruntime.so.1'),
  );
  return (
    files.find((file) => existsSync(file)) ?? fail(`Expected libonnxruntime.so.1 in ${bin} but found none.`)
  );
}

configure();
const environment = {
  ...process.env,
  KDTALKER_ORT: runtimeLibrary(),
  ASAN_OPTIONS: 'strict_string_checks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
process.exit(run(path.join(out, 'kdtalker_tests'), doctestArguments, { env: environment }));
