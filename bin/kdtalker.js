#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('kdtalker: dist/ is missing. Build it in the package folder: npm ci');
  process.exit(1);
}
process.exitCode = await (await import(main.href)).main(process.argv.slice(2));
