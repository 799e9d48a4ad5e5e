// `npm run prebuilds [-- FOLDER]`: what the published package carries for this platform, in prebuilds/<platform>-<arch>: the addon
// under the name that node-gyp-build looks for, and ONNX Runtime's library with its licences. The addon is that of `npm run build:native`.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addonFile, compileAddon } from './cmake.mjs';
import { neededVersions, tooYoung, withSoname } from './elf.mjs';
import { fail, root, run } from './project.mjs';
import { runtimeLibrary, runtimeLicences } from './runtime.mjs';

/**
 * A name of its own, as long as the old one. Under the old one the loader would give this copy to any onnxruntime-node that comes into
 * the process later, whatever version that needs.
 */
const RUNTIME = 'libkdtalkerort.so.1';

const prebuilds = path.resolve(root, process.argv[2] ?? 'prebuilds');
const folder = path.join(prebuilds, `${process.platform}-${process.arch}`);

/** Refuses what does not load on the oldest system that the documentation names. */
function check(file) {
  const found = tooYoung(neededVersions(readFileSync(file)));
  if (found.length > 0)
    fail(
      `Expected a library for the oldest supported system but ${file} needs ${found.join(', ')}. ` +
        'Build it with an older compiler, such as CXX=g++-11, or name the older symbol in native/build/oldest_libstdcxx.h.',
    );
}

function placeAddon() {
  const status = compileAddon();
  if (status !== 0) process.exit(status);
  const file = path.join(folder, 'kdtalker.glibc.node');
  copyFileSync(addonFile(), file);
  if (run('strip', ['--strip-unneeded', file]) !== 0)
    fail('Expected `strip` to strip the addon but it failed.');
  check(file);
}

function placeRuntime() {
  const file = path.join(folder, RUNTIME);
  writeFileSync(file, withSoname(readFileSync(runtimeLibrary()), RUNTIME));
  chmodSync(file, 0o755);
  check(file);
  for (const licence of runtimeLicences())
    copyFileSync(licence, path.join(folder, `onnxruntime-${path.basename(licence)}`));
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
placeAddon();
placeRuntime();
