import { Graph } from '../onnx/index.js';

/** Side of the picture that is animated, pixels. */
export const CROP_SIZE = 512;

/** The appearance extractor: the puppet's renderer samples the picture itself, so its feature is the crop. */
export function appearanceGraph(): Graph {
  const g = new Graph('puppet_appearance', { description: 'The crop itself' });
  const dims = [1, 3, CROP_SIZE, CROP_SIZE];
  g.output('f_s', g.input('img', 'float32', dims), 'float32', dims);
  return g;
}
