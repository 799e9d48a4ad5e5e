import type { HostTensor } from '../../binding.js';
import type { Picture } from '../../picture.js';

/** A picture as a network takes it, [1, 3, h, w]: planes of red, green and blue, each value changed by a function of it and its channel. */
export function planesOf(
  { data, width, height }: Picture,
  change: (value: number, channel: number) => number,
): HostTensor {
  const size = width * height;
  const planes = new Float32Array(3 * size);
  for (let channel = 0; channel < 3; channel++) {
    const changed = Float32Array.from({ length: 256 }, (_, value) => change(value, channel));
    for (let i = 0; i < size; i++) planes[channel * size + i] = changed[data[3 * i + channel]!]!;
  }
  return { dims: [1, 3, height, width], data: planes };
}
