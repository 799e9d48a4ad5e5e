// npm's install script. Does nothing in a published package with a prebuilt addon; compiles in a checkout or on a platform without one, and
// with it the library for GPUs where CUDA's compiler is.
import { createRequire } from 'node:module';
import path from 'node:path';
import { compileAddon, missingForBuild } from './cmake.mjs';
import { buildCudaLibrary, hasNvcc, placeCudaLibrary } from './cuda-library.mjs';
import { fail, isCheckout, root } from './project.mjs';

const platform = `${process.platform}-${process.arch}`;

/** The reason why no addon loads from here, or undefined if one loads. */
function loadProblem() {
  try {
    createRequire(import.meta.url)('node-gyp-build')(root);
    return undefined;
  } catch (error) {
    return error.message.trim();
  }
}

function explain(problem, missing) {
  return [
    `Expected a prebuilt kdtalker addon for ${platform} but none could be loaded:`,
    `  ${problem.split('\n')[0]}`,
    `It can be compiled from source, for which this machine lacks ${missing.join(', ')}.`,
    'Install a C++20 compiler and CMake 3.20 or later, then run:',
    '  npm install --save-dev cmake-js node-addon-api com.github.asus4.onnxruntime',
    '  npm rebuild kdtalker',
  ].join('\n');
}

/** GPUs are one device of several, so that nothing here fails the installation. */
function addGpuLibrary() {
  if (!hasNvcc()) {
    console.log(
      'No nvcc on PATH: the library for GPUs was not built. With CUDA 12 or 13: npm run build:cuda',
    );
  } else if (buildCudaLibrary() === 0) {
    placeCudaLibrary(path.join(root, 'build/Release'));
  } else {
    console.error('The library for GPUs did not build; its output is above. Everything else is there.');
  }
}

/** In a checkout, an earlier build may be older than the sources, so the script always compiles. */
function main() {
  const problem = isCheckout ? 'a checkout has only its sources' : loadProblem();
  if (problem === undefined) return;
  const missing = missingForBuild();
  if (missing.length > 0) fail(explain(problem, missing));
  const status = compileAddon();
  if (status !== 0)
    fail(
      `Expected the kdtalker addon to compile but CMake ended with status ${status}; its output is above.`,
    );
  const left = loadProblem();
  if (left !== undefined) fail(`Expected the compiled kdtalker addon to load but received: ${left}`);
  addGpuLibrary();
}

main();
