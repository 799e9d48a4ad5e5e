import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Test } from 'tap';
import { NETWORKS, type NetworkName } from '../../dist/packs/kdtalker/networks.js';
import { writeModel } from '../../dist/packs/onnx/index.js';
import { formulaWeights } from '../../dist/packs/weights/formula.js';
import { goldenFile } from './golden.js';
import { type HostTensor, openGraph, type Run } from './graphs.js';

/** The text that the golden cases' weights are made from. */
export const GOLDEN_SALT = 'golden';

/** The graphs of the published model. */
export const GRAPHS = [
  'appearance',
  'audio',
  'condition',
  'decode',
  'denoiser',
  'eye',
  'lip',
  'motion',
  'stitching',
  'time',
  'warp',
] as const;

/** Their files in a pack, graphs and weights. */
export const GRAPH_FILES = GRAPHS.flatMap((name) => [`${name}.onnx`, `${name}.onnx.data`]);

/** SHA-256 of a file, in hexadecimal digits. */
export function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'kdtalker-networks-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a published network with formula weights, at its full size, and opens it. */
export async function openNetwork(t: Test, name: NetworkName, salt = GOLDEN_SALT): Promise<Run> {
  const directory = temporaryFolder(t);
  const { file } = await writeModel(NETWORKS[name](formulaWeights(salt)), directory, `${name}.onnx`);
  return openGraph(join(directory, file));
}

/** ||found - expected|| / ||expected||; infinite where lengths differ or a value is not a number. */
export function relativeDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  const relative = Math.sqrt(difference / norm);
  return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
}

/** Asserts that tensors agree within a relative tolerance; the name is that of the stage and tensor. */
export function near(
  t: Test,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  name: string,
): void {
  const difference = relativeDifference(found, expected);
  t.ok(
    difference <= tolerance,
    `${name}: relative difference ${difference.toExponential(1)}, allowed ${tolerance}`,
  );
}

/** Every so manieth value of the flattened tensor. */
export function every(step: number, values: Float32Array): Float32Array {
  return values.filter((_, i) => i % step === 0);
}

/** A golden picture as the networks take it, [1, 3, height, width] of 0..1. */
export async function goldenPicture(name: string): Promise<HostTensor> {
  const { data, info } = await sharp(goldenFile(name))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const plane = info.width * info.height;
  const values = Float32Array.from(
    { length: 3 * plane },
    (_, i) => data[3 * (i % plane) + Math.floor(i / plane)]! / 255,
  );
  return { dims: [1, 3, info.height, info.width], data: values };
}
