// Runs in the consumer's project of packed.mjs, which has esbuild and @vercel/nft beside the package: the examples of docs/install.md. A
// bundle with kdtalker as an external makes a clip; so do the files alone that a tracer finds (the tracer of Next.js's standalone output);
// a bundle that includes kdtalker says what to do.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { nodeFileTrace } from '@vercel/nft';
import { build } from 'esbuild';

function runClip(file, cwd) {
  const { status, stderr } = spawnSync(process.execPath, [file], { cwd, encoding: 'utf8' });
  return { status, stderr };
}

function expectClip(what, { status, stderr }) {
  if (status !== 0) throw new Error(`Expected a clip ${what} but received status ${status}: ${stderr}`);
  console.log(`a clip ${what}`);
}

const bundle = {
  entryPoints: ['clip.mjs'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
};
await build({ ...bundle, external: ['kdtalker'], outfile: 'bundled/out.mjs' });
expectClip('of a bundle without kdtalker', runClip('bundled/out.mjs', '.'));

const { fileList } = await nodeFileTrace(['clip.mjs']);
const traced = path.resolve('traced');
for (const file of fileList) {
  mkdirSync(path.dirname(path.join(traced, file)), { recursive: true });
  cpSync(file, path.join(traced, file), { verbatimSymlinks: true });
}
for (const file of ['portrait.png', 'speech.wav', 'package.json']) cpSync(file, path.join(traced, file));
expectClip('of the traced files', runClip('clip.mjs', traced));

const banner = {
  js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
};
await build({ ...bundle, banner, external: ['sharp', '@huggingface/hub'], outfile: 'all/out.mjs' });
const all = runClip('all/out.mjs', '.');
if (all.status === 0 || !/(ADDON_NOT_FOUND|PACKAGE_INCOMPLETE)[\s\S]*leave kdtalker out/.test(all.stderr))
  throw new Error(`Expected an error that says to leave kdtalker out but received ${all.stderr}`);
console.log('a bundle with kdtalker says to leave it out');
