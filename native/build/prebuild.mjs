#!/usr/bin/env node
// Replaces node-gyp under prebuildify. node-gyp would download Node's headers, which a Node-API addon does not need. Its arguments name a
// Node version, but the addon is the same for all versions. prebuildify strips and moves what it finds in the working folder, so that is
// a folder of its own, and it gets a copy: the checkout keeps its addon.
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { addonFile, compileAddon } from './cmake.mjs';

const status = compileAddon();
if (status !== 0) process.exit(status);
const folder = path.resolve('build/Release');
mkdirSync(folder, { recursive: true });
copyFileSync(addonFile(), path.join(folder, path.basename(addonFile())));
