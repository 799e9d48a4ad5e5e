import { VOLUME } from '../../dist/packs/networks/renderer-shape.js';
import type { Graph, Value } from '../../dist/packs/onnx/index.js';
import { filled, type HostTensor } from './graphs.js';

const { depth, side } = VOLUME;

/** The shape of a value with this many channels in every cell of the feature volume. */
export const volumeDims = (channels: number) => [1, channels, depth, side, side];

/** Keypoints of the portrait and of the frame as inputs of a graph. */
export function keypointInputs(g: Graph): { source: Value; driving: Value } {
  return {
    source: g.input('x_s', 'float32', [1, 21, 3]),
    driving: g.input('x_d', 'float32', [1, 21, 3]),
  };
}

const points = (step: number) => filled([1, 21, 3], (i) => 0.8 * Math.sin(1.3 * i + step));

/** Keypoints that are far from where they were. */
export const KEYPOINTS = { x_s: points(0), x_d: points(2) };

/** A volume that is smooth, and different everywhere. */
export function waveVolume(channels: number): HostTensor {
  return filled(volumeDims(channels), (i) => Math.sin(0.37 * i) * Math.cos(0.011 * i));
}

/** The sampling place of every cell: near its own, and sometimes outside of the volume. */
export function bentGrid(): HostTensor {
  return filled([1, depth, side, side, 3], (i) => {
    const cell = Math.floor(i / 3);
    const [x, y, z] = [cell % side, Math.floor(cell / side) % side, Math.floor(cell / side ** 2)];
    const place = [x / (side - 1), y / (side - 1), z / (depth - 1)][i % 3]!;
    return 2 * place - 1 + 0.2 * Math.sin(0.13 * i);
  });
}
