// `npm run build:cuda [-- 90 ...]`: builds libkdtalker_cuda.so with nvcc and puts it beside the addon, where the engine looks for it. Numbers are
// the compute capabilities to build for; without any, all that the library supports.
//
// `npm run build:cuda-double`: builds the same on the double of CUDA, for tests; it needs neither nvcc nor a GPU. It stays in build/cuda-double.
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fail, hasProgram, root, run } from './project.mjs';

const NAME = 'libkdtalker_cuda.so';
const folder = path.join(root, 'build/Release');

function check(status) {
  if (status !== 0)
    fail(`Expected ${NAME} to build but CMake ended with status ${status}; its output is above.`);
}

/** A process may have the old file open, so it is replaced and not written to. */
function place() {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, NAME);
  copyFileSync(path.join(out, NAME), `${file}.new`);
  renameSync(`${file}.new`, file);
  console.log(`Built ${path.relative(root, file)}. Run: npx kdtalker doctor`);
}

function build(option, target) {
  check(run('cmake', ['-S', root, '-B', out, option, '-DCMAKE_BUILD_TYPE=Release', '-Wno-dev', ...chosen]));
  check(run('cmake', ['--build', out, '--target', target, '--parallel', String(availableParallelism())]));
}

const double = process.argv.includes('--double');
const out = path.join(root, double ? 'build/cuda-double' : 'build/cuda');
if (!double && !hasProgram('nvcc'))
  fail('Expected nvcc of CUDA 12 or 13 on PATH for the library for GPUs but found none.');
const architectures = process.argv.slice(2).filter((each) => /^\d+$/.test(each));
const chosen =
  architectures.length > 0
    ? [`-DCMAKE_CUDA_ARCHITECTURES=${architectures.map((each) => `${each}-real`).join(';')}`]
    : [];
if (double) {
  build('-DKDTALKER_CUDA_DOUBLE=ON', 'kdtalker_cuda_double');
} else {
  build('-DKDTALKER_CUDA=ON', 'kdtalker_cuda');
  place();
}
