#!/usr/bin/env node
// Replaces node-gyp under prebuildify. node-gyp would download Node's headers, which a Node-API addon does not need. Its arguments name a
// Node version, but the addon is the same for all versions.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { addonFile, compileAddon } from './cmake.mjs';
import { fail } from './project.mjs';

const status = compileAddon();
if (status !== 0) process.exit(status);
// prebuildify takes the first .node file that it finds. Nothing is removed: the checkout keeps its addon.
const folder = path.dirname(addonFile());
const foreign = readdirSync(folder).filter(
  (name) => name.endsWith('.node') && name !== path.basename(addonFile()),
);
if (foreign.length > 0)
  fail(`Expected one addon in ${folder} but found ${foreign.join(', ')} too. Remove them.`);
