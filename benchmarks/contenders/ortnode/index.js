import { render, save } from './render.js';
import { sample } from './sample.js';
import { verify } from './verify.js';

// The same pack without this library's native code: JavaScript around onnxruntime-node, written with the care a developer would
// take who wants speed. Sessions are opened once, every tensor and buffer is reused, outputs are preallocated, loops run over
// typed arrays.
export const tasks = {
  available: () => ({}),
  verify,
  render,
  save,
  sample,
};
