// The one action of binding.gyp: node-gyp owns build/, so CMake works in build/cmake; the script copies the addon to the folder that
// node-gyp names.
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { addonFile, compileAddon } from './cmake.mjs';
import { root } from './project.mjs';

const productDirectory = path.resolve(root, process.argv[2] ?? 'build/Release');
const out = path.join(root, 'build', 'cmake');
const status = compileAddon(out);
if (status !== 0) process.exit(status);
mkdirSync(productDirectory, { recursive: true });
copyFileSync(addonFile(out), path.join(productDirectory, 'kdtalker.node'));
