import { VOLUME } from '../networks/renderer-shape.js';
import type { PassContext } from './pass.js';

/** Depth, and height and width, of a volume. */
export type VolumeSize = Pick<typeof VOLUME, 'depth' | 'side'>;

/** The size of a value that is a volume of the warping network: any in fp16, that of the feature volume otherwise. */
export function volumeSize({ shapes, precision }: PassContext, value: string): VolumeSize | undefined {
  const [n, , depth, height, width] = shapes.of(value) ?? [];
  if (n !== 1 || !depth || !height || height !== width) return undefined;
  const known = depth === VOLUME.depth && height === VOLUME.side;
  return known || precision === 'fp16' ? { depth, side: height } : undefined;
}
