// ONNX Runtime's library for this platform, from the package onnxruntime-node, and its licences.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fail, resolve } from './project.mjs';

function folderOf(name) {
  const manifest = resolve(`${name}/package.json`);
  return manifest
    ? path.dirname(manifest)
    : fail(`Expected the package ${name} but found none. Run \`npm ci\`.`);
}

/** onnxruntime-node's copy of the library. */
export function runtimeLibrary() {
  const bin = path.join(folderOf('onnxruntime-node'), 'bin');
  const files = readdirSync(bin).map((abi) =>
    path.join(bin, abi, process.platform, process.arch, 'libonnxruntime.so.1'),
  );
  return (
    files.find((file) => existsSync(file)) ?? fail(`Expected libonnxruntime.so.1 in ${bin} but found none.`)
  );
}

/** The licences of ONNX Runtime and of its parts: onnxruntime-node lacks them, the package of its headers has them. */
export function runtimeLicences() {
  const folder = folderOf('com.github.asus4.onnxruntime');
  return ['LICENSE', 'ThirdPartyNotices.txt'].map((name) => path.join(folder, name));
}
