#!/usr/bin/env node
// Stands in for node-gyp under prebuildify. node-gyp would download Node's headers, which a Node-API addon does not
// need; its arguments name a Node version, and the addon is the same for all of them.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { compileAddon } from './cmake.mjs';
import { root } from './project.mjs';

// prebuildify ships the first .node file it finds, so nothing older may lie there.
rmSync(path.join(root, 'build', 'Release'), { recursive: true, force: true });
process.exit(compileAddon());
