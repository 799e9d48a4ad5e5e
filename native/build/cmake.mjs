// Compiles the addon with cmake-js, which includes Node-API's headers: nothing is downloaded.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { hasProgram, resolve, root, run } from './project.mjs';

/** The missing requirements of a build from source, as a list of phrases; empty if none is missing. */
export function missingForBuild() {
  const packages = {
    'cmake-js': 'cmake-js/package.json',
    'node-addon-api': 'node-addon-api/package.json',
    'com.github.asus4.onnxruntime': 'com.github.asus4.onnxruntime/package.json',
  };
  const missing = Object.keys(packages)
    .filter((name) => !resolve(packages[name]))
    .map((name) => `the npm package ${name}`);
  if (!hasProgram('cmake')) missing.push('CMake 3.20 or later');
  if (!['c++', 'g++', 'clang++', process.env.CXX].some((name) => name && hasProgram(name)))
    missing.push('a C++20 compiler');
  return missing;
}

/**
 * Compiles the addon into `<out>/Release/kdtalker.node` and returns the exit status. With KDTALKER_WERROR=ON in the
 * environment, warnings are errors.
 *
 * Uses two steps instead of cmake-js's `compile`, which keeps the definitions of an earlier run and, after a failed
 * build, deletes the folder and builds everything again.
 */
export function compileAddon(out = path.join(root, 'build')) {
  const strict = `--CDKDTALKER_WERROR=${process.env.KDTALKER_WERROR ?? 'OFF'}`;
  const parallel = ['--parallel', String(availableParallelism())];
  return cmakeJs(out, ['configure', strict]) || cmakeJs(out, ['build', ...parallel]);
}

function cmakeJs(out, args) {
  const program = resolve('cmake-js/bin/cmake-js');
  const common = ['--directory', root, '--out', out, '--log-level', 'warn'];
  return run(process.execPath, [program, ...args, ...common], { env: buildEnvironment() });
}

/** The path of the addon that `compileAddon` leaves in `out`. */
export function addonFile(out = path.join(root, 'build')) {
  const file = path.join(out, 'Release', 'kdtalker.node');
  return existsSync(file) ? file : undefined;
}

/** This process's environment without the variables of an outer make. */
function buildEnvironment() {
  const { MAKEFLAGS, MFLAGS, MAKELEVEL, ...rest } = process.env;
  return rest;
}
