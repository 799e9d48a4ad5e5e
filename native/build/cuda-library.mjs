// Builds the library for GPUs with nvcc, or on the double of CUDA with any compiler.
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { hasProgram, root, run } from './project.mjs';

export const NAME = 'libkdtalker_cuda.so';
const BUILT = path.join(root, 'build/cuda');

/** Whether this machine has CUDA's compiler. */
export const hasNvcc = () => hasProgram('nvcc');

/**
 * @param architectures compute capabilities, such as 90; none: all that the library supports
 * @returns CMake's exit status
 */
export function buildCudaLibrary(architectures = []) {
  const chosen = architectures.map((each) => `${each}-real`).join(';');
  const given = chosen ? [`-DCMAKE_CUDA_ARCHITECTURES=${chosen}`] : [];
  return build(BUILT, 'kdtalker_cuda', ['-DKDTALKER_CUDA=ON', ...given]);
}

/** With KDTALKER_WERROR=ON in the environment, warnings are errors. @returns CMake's exit status */
export function buildCudaDouble() {
  const strict = `-DKDTALKER_WERROR=${process.env.KDTALKER_WERROR ?? 'OFF'}`;
  return build(path.join(root, 'build/cuda-double'), 'kdtalker_cuda_double', [
    '-DKDTALKER_CUDA_DOUBLE=ON',
    strict,
  ]);
}

function build(out, target, options) {
  const configured = run('cmake', [
    ...['-S', root, '-B', out, '-DCMAKE_BUILD_TYPE=Release', '-Wno-dev'],
    ...options,
  ]);
  if (configured !== 0) return configured;
  return run('cmake', ['--build', out, '--target', target, '--parallel', String(availableParallelism())]);
}

/**
 * Puts the built library beside the addon in a folder, where the engine looks for it. A process may have the old file open, so it is replaced
 * and not written to.
 *
 * @returns the file
 */
export function placeCudaLibrary(folder) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, NAME);
  copyFileSync(path.join(BUILT, NAME), `${file}.new`);
  renameSync(`${file}.new`, file);
  return file;
}
