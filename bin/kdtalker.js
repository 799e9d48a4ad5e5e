#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('kdtalker: dist/ is missing. Build it in the package folder: npm ci');
  process.exit(1);
}
const code = await (await import(main.href)).main(process.argv.slice(2));
process.exitCode = code;
// Stopped by a signal: what a reader that rests has not taken must not keep the process.
if (code > 128 && process.stdout.writableLength > 0) process.exit();
