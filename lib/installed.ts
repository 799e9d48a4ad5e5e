/**
 * Finds the files installed with the library: the addon, ONNX Runtime, the built-in packs and networks. Every path is a literal next to
 * `import.meta.url`, the form that tracers (@vercel/nft, Next.js) follow.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KdtalkerError } from './errors.js';

const require = createRequire(import.meta.url);

/** The folder of package.json. */
export const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
/** Packs and networks that are part of the library. */
export const BUILT_IN = fileURLToPath(new URL('./built-in/', import.meta.url));
const PREBUILDS = fileURLToPath(new URL('../prebuilds/', import.meta.url));
const PLATFORM = `${process.platform}-${process.arch}`;

/** The error for a missing file, although the package itself was found. */
const HOW_TO_BUNDLE =
  'Where a bundler made what runs: leave kdtalker out of its output (esbuild: --external:kdtalker; Next.js: serverExternalPackages), ' +
  'and keep the whole package beside it; see docs/install.md.';

/** @throws KdtalkerError PACKAGE_INCOMPLETE if a file of the package is missing. */
export function checkInstalled(path: string): string {
  if (existsSync(path)) return path;
  throw new KdtalkerError('PACKAGE_INCOMPLETE', `Expected ${path} but it is not there. ${HOW_TO_BUNDLE}`);
}

/** The addon's exports. Throws ADDON_NOT_FOUND if no build fits this machine. */
export function loadAddonFile(): unknown {
  try {
    return require('node-gyp-build')(PACKAGE) as unknown;
  } catch (cause) {
    throw new KdtalkerError(
      'ADDON_NOT_FOUND',
      `Expected the native addon for ${PLATFORM} in ${PREBUILDS} or ${join(PACKAGE, 'build/Release')} but none could be loaded ` +
        `(${reasonOf(cause)}). Use Linux on x64 with glibc, or build it in the package folder: npm run build:native. ${HOW_TO_BUNDLE}`,
      { cause },
    );
  }
}

/** The file that {@link loadAddonFile} takes. */
export function addonFile(): string {
  return (require('node-gyp-build') as { resolve(folder: string): string }).resolve(PACKAGE);
}

function reasonOf(cause: unknown): string {
  return String((cause as Error)?.message ?? cause).split('\n', 1)[0]!;
}

/** ONNX Runtime's library in the published package. */
const SHIPPED_RUNTIME = 'libkdtalkerort.so.1';

/** The origin of the library in use. */
export type RuntimeSource = 'KDTALKER_ORT' | 'prebuilds' | 'onnxruntime-node';

/** The ONNX Runtime library to open, and the library to open before it (empty if none). */
export interface RuntimeLibraries {
  source: RuntimeSource;
  library: string;
  /**
   * onnxruntime-node's own copy, needed if the library in use has the same name for the loader: the loader gives the first library of a
   * name to everyone who asks later, and onnxruntime-node works only with its own.
   */
  first: string;
}

/** KDTALKER_ORT, else the package's own, else onnxruntime-node's (a checkout, or a build from source). Throws RUNTIME_NOT_FOUND. */
export function runtimeLibraries(): RuntimeLibraries {
  const named = process.env.KDTALKER_ORT;
  if (named) return { source: 'KDTALKER_ORT', library: named, first: onnxruntimeNodeLibrary() ?? '' };
  const shipped = join(PREBUILDS, PLATFORM, SHIPPED_RUNTIME);
  if (existsSync(shipped)) return { source: 'prebuilds', library: shipped, first: '' };
  const theirs = onnxruntimeNodeLibrary();
  if (theirs !== undefined) return { source: 'onnxruntime-node', library: theirs, first: '' };
  throw new KdtalkerError(
    'RUNTIME_NOT_FOUND',
    `Expected ONNX Runtime's library at ${shipped}, in the package onnxruntime-node or in KDTALKER_ORT but found none. ` +
      'Run: npm install onnxruntime-node',
  );
}

function onnxruntimeNodeLibrary(): string | undefined {
  try {
    const manifest = require.resolve('onnxruntime-node/package.json');
    const place = `../bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime.so.1`;
    const file = join(manifest, place);
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
