// `npm run build:cuda [-- 90 ...]`: builds libkdtalker_cuda.so with nvcc and puts it beside the addon, where the engine looks for it. Numbers are
// the compute capabilities to build for; without any, all that the library supports.
//
// `npm run build:cuda-double`: builds the same on the double of CUDA, for tests; it needs neither nvcc nor a GPU. It stays in build/cuda-double.
import path from 'node:path';
import { buildCudaDouble, buildCudaLibrary, hasNvcc, NAME, placeCudaLibrary } from './cuda-library.mjs';
import { fail, root } from './project.mjs';

function check(status) {
  if (status !== 0)
    fail(`Expected ${NAME} to build but CMake ended with status ${status}; its output is above.`);
}

function buildForGpus(architectures) {
  if (!hasNvcc()) fail('Expected nvcc of CUDA 12 or 13 on PATH for the library for GPUs but found none.');
  check(buildCudaLibrary(architectures));
  const file = placeCudaLibrary(path.join(root, 'build/Release'));
  console.log(`Built ${path.relative(root, file)}. Run: npx kdtalker doctor`);
}

if (process.argv.includes('--double')) check(buildCudaDouble());
else buildForGpus(process.argv.slice(2).filter((each) => /^\d+$/.test(each)));
