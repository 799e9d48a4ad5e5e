import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readFloatFile } from '../../fixture-files.js';
import { bf16Refusal } from './bf16.js';
import { writeInputs } from './inputs.js';
import { inPython } from './python.js';

// PyTorch, by benchmarks/reference.py. JavaScript computes the networks' inputs (spectrogram, noise, keypoints); Python times the networks.

/** Whether a Python with PyTorch exists, and weights for it. */
async function available({ python, checkpoints, precision }) {
  if (!python) return { refused: 'KDTALKER_PYTHON does not name a Python with PyTorch' };
  if (!checkpoints)
    return { refused: 'there are no checkpoints of this pack for it: name their folder with --checkpoints' };
  const refused = bf16Refusal(precision, readFileSync('/proc/cpuinfo', 'utf8'));
  if (refused) return { refused };
  try {
    return await inPython({ python, task: 'available' });
  } catch (error) {
    return { refused: error.message };
  }
}

async function verify(settings) {
  await writeInputs(settings, settings.chosen);
  await inPython({ ...settings, task: 'verify' });
  const made = (name) => readFloatFile(path.join(settings.folder, name));
  const images = settings.chosen.map((_, i) => made(`torch-image-${i}.f32`));
  return { rgbf32: await Promise.all(images), motion: await made('torch-motion.f32') };
}

async function render(settings) {
  await writeInputs(settings, [...new Array(settings.frames).keys()]);
  return inPython({ ...settings, task: 'render' });
}

async function sample(settings) {
  await writeInputs(settings, [0]);
  return inPython({ ...settings, task: 'sample' });
}

export const tasks = { available, verify, render, sample };
