import type { Value } from '../onnx/index.js';
import { type Build, doubled, halved, normalisedConvolution } from './layers.js';

const DOWN = [64, 128, 256, 512, 1024] as const;
const UP = [512, 256, 128, 64, 32] as const;
const KERNEL = [3, 3, 3];

/** A tensor [1, width, depth, height, width] with its number of channels. */
export interface Channels {
  value: Value;
  width: number;
}

/** The hourglass of the dense motion network: five steps down and up, without a change of depth. Output: 32 + `width` channels. */
export function hourglass(b: Build, key: string, x: Value, width: number): Channels {
  const levels: Channels[] = [{ value: x, width }];
  for (const [i, to] of DOWN.entries()) {
    const { value, width: from } = levels.at(-1)!;
    const down = block(b, `${key}.encoder.down_blocks.${i}`, value, from, to);
    levels.push({ value: halved(b.g, down, 3), width: to });
  }
  let current = levels.pop()!;
  for (const [i, to] of UP.entries()) {
    const up = block(b, `${key}.decoder.up_blocks.${i}`, doubled(b.g, current.value, 5), current.width, to);
    const skip = levels.pop()!;
    current = { value: b.g.concat(1, [up, skip.value]), width: to + skip.width };
  }
  return { ...current, value: block(b, `${key}.decoder`, current.value, current.width, current.width) };
}

function block(b: Build, key: string, x: Value, from: number, to: number): Value {
  const keys = { conv: `${key}.conv`, norm: `${key}.norm` };
  return b.g.scope(key, () => normalisedConvolution(b, keys, x, { from, to, kernel: KERNEL }).relu());
}
