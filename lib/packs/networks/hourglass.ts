import type { Value } from '../onnx/index.js';
import { type Build, doubled, halved, normalisedConvolution } from './layers.js';
import type { RendererShape } from './renderer-shape.js';

const KERNEL = [3, 3, 3];

/** A tensor [1, width, depth, height, width] with its number of channels. */
export interface Channels {
  value: Value;
  width: number;
}

/** The hourglass of the dense motion network: steps down and up, without a change of depth. Output: `width` channels beside those of the last step. */
export function hourglass(
  b: Build,
  key: string,
  { value, width }: Channels,
  { down, up }: RendererShape['hourglass'],
): Channels {
  const levels: Channels[] = [{ value, width }];
  for (const [i, to] of down.entries()) {
    const { value: before, width: from } = levels.at(-1)!;
    const wider = block(b, `${key}.encoder.down_blocks.${i}`, before, from, to);
    levels.push({ value: halved(b.g, wider, 3), width: to });
  }
  let current = levels.pop()!;
  for (const [i, to] of up.entries()) {
    const back = block(b, `${key}.decoder.up_blocks.${i}`, doubled(b.g, current.value, 5), current.width, to);
    const skip = levels.pop()!;
    current = { value: b.g.concat(1, [back, skip.value]), width: to + skip.width };
  }
  return { ...current, value: block(b, `${key}.decoder`, current.value, current.width, current.width) };
}

function block(b: Build, key: string, x: Value, from: number, to: number): Value {
  const keys = { conv: `${key}.conv`, norm: `${key}.norm` };
  return b.g.scope(key, () => normalisedConvolution(b, keys, x, { from, to, kernel: KERNEL }).relu());
}
