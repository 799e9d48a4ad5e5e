import { createRequire } from 'node:module';

// The same pack without this library's native code: JavaScript around onnxruntime-node, written for speed. Sessions are opened once, every
// tensor and buffer is reused, outputs are preallocated, loops run over typed arrays.
export const tasks = {
  available,
  verify: async (settings) => (await import('./verify.js')).verify(settings),
  render: async (settings) => (await import('./render.js')).render(settings),
  save: async (settings) => (await import('./render.js')).save(settings),
  sample: async (settings) => (await import('./sample.js')).sample(settings),
};

/** onnxruntime-node is not a dependency of the package: install it for the comparison. */
function available() {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return {};
  } catch {
    return { refused: 'onnxruntime-node is not installed' };
  }
}
