import path from 'node:path';
import { readPack } from '../../../dist/packs/pack.js';
import { readMotion, readWindow, SEED, WINDOW, writeFloatFile } from '../../fixture-files.js';
import { keypointsOf } from '../ortnode/keypoints.js';
import { melWindows } from '../ortnode/mel.js';
import { fillNormal } from '../ortnode/noise.js';
import { readPortrait } from '../ortnode/portrait.js';
import { fillTokens, rowsOf } from '../ortnode/sampler.js';

const MOTION = 70;
const KEYPOINTS = 63;

/** Writes the networks' inputs for some frames and for the run's window, each tensor as a file of float32. */
export async function writeInputs(settings, frames) {
  const { statistics } = (await readPack(settings.pack)).manifest;
  const rows = rowsOf(statistics);
  const portrait = await readPortrait(settings);
  const tensors = {
    feature: portrait.feature,
    ...(await keypoints(settings, portrait, frames)),
    ...(await windowOf(settings, portrait, statistics, rows)),
    ...rows,
  };
  for (const [name, values] of Object.entries(tensors))
    await writeFloatFile(path.join(settings.folder, `torch-${name}.f32`), values);
}

/** source [21, 3] and driving [frames, 21, 3]. */
async function keypoints(settings, portrait, frames) {
  const motion = await readMotion(settings);
  const source = new Float32Array(KEYPOINTS);
  keypointsOf(portrait.motion, 0, portrait, source);
  const driving = new Float32Array(KEYPOINTS * frames.length);
  frames.forEach((frame, i) => {
    keypointsOf(motion, frame, portrait, driving.subarray(i * KEYPOINTS, (i + 1) * KEYPOINTS));
  });
  return { source, driving };
}

async function windowOf(settings, portrait, statistics, rows) {
  const mel = new Float32Array(WINDOW * 80 * 16);
  melWindows(await readWindow(settings), mel);
  const noise = new Float32Array(WINDOW * MOTION);
  fillNormal(noise, SEED, 0);
  const tokens = { canonical: new Float32Array(MOTION), reference: new Float32Array(MOTION) };
  fillTokens(portrait, statistics, rows, tokens);
  return { mel, noise, ...tokens };
}
