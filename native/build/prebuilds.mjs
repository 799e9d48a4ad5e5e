// `npm run prebuilds [-- FOLDER]`: makes the published package's files for this platform in FOLDER/prebuilds/<platform>-<arch>: the addon,
// built by cmake-js and copied by prebuildify, ONNX Runtime's library with its licences, and, where nvcc is, the library for GPUs.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildCudaLibrary, hasNvcc, placeCudaLibrary } from './cuda-library.mjs';
import { neededVersions, tooYoung, withSoname } from './elf.mjs';
import { fail, resolve, root, run } from './project.mjs';
import { runtimeLibrary, runtimeLicences } from './runtime.mjs';

/**
 * A name of its own, as long as the old one. Under the old one the loader would give this copy to any onnxruntime-node that comes into
 * the process later, whatever version that needs.
 */
const RUNTIME = 'libkdtalkerort.so.1';

const out = path.resolve(root, process.argv[2] ?? '.');
const folder = path.join(out, 'prebuilds', `${process.platform}-${process.arch}`);

/** Fails if a library does not load on the oldest documented system. */
function check(file) {
  const found = tooYoung(neededVersions(readFileSync(file)));
  if (found.length > 0)
    fail(
      `Expected a library for the oldest supported system but ${file} needs ${found.join(', ')}. ` +
        'Build it with an older compiler, such as CXX=g++-11, or name the older symbol in native/build/oldest_libstdcxx.h.',
    );
}

/** Names the addon kdtalker.glibc.node, which node-gyp-build looks for. */
function placeAddon() {
  const manifest = resolve('prebuildify/package.json');
  if (!manifest) fail('Expected prebuildify for the prebuilt addon but found none. Run `npm ci`.');
  const program = path.join(path.dirname(manifest), 'bin.js');
  // In the same file system as its target, because prebuildify renames the addon.
  const work = path.join(folder, 'work');
  mkdirSync(work);
  const options = ['--napi', '--strip', '--tag-libc', '--name', 'kdtalker'];
  const places = ['--cwd', work, '--node-gyp', path.join(root, 'native/build/prebuild.mjs'), '--out', out];
  if (run(process.execPath, [program, ...options, ...places]) !== 0)
    fail('Expected prebuildify to succeed but it failed; its output is above.');
  rmSync(work, { recursive: true });
  check(path.join(folder, 'kdtalker.glibc.node'));
}

function placeRuntime() {
  const file = path.join(folder, RUNTIME);
  writeFileSync(file, withSoname(readFileSync(runtimeLibrary()), RUNTIME));
  chmodSync(file, 0o755);
  check(file);
  for (const licence of runtimeLicences())
    copyFileSync(licence, path.join(folder, `onnxruntime-${path.basename(licence)}`));
}

/** A package without it runs on the processor, and `npm run build:cuda` in a checkout makes it. */
function placeGpuLibrary() {
  if (!hasNvcc()) return console.log('No nvcc on PATH: these files have no library for GPUs.');
  if (buildCudaLibrary() !== 0)
    fail('Expected the library for GPUs to build but CMake failed; its output is above.');
  check(placeCudaLibrary(folder));
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
placeAddon();
placeRuntime();
placeGpuLibrary();
