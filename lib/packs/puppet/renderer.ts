import { Graph, type Value } from '../onnx/index.js';
import { CROP_SIZE } from './appearance.js';
import { EYE_ROWS, FINE, lengthOf, MOUTH_ROWS } from './bands.js';
import { eyes } from './eyes.js';
import { centreOf, coarseField, type Fit, rigidFit } from './field.js';
import { range } from './linalg.js';
import { mouth } from './mouth.js';
import { softness } from './observe.js';

/** Everything that is drawn on the fine grid, in rows from the forehead to the chin. */
interface Layers {
  /** [1, 2, 256, 256]: what to add to a position to find its source. */
  displacement: Value;
  /** [1, 1, 72, 256]: what the lids take off the brightness in the rows of the eyes. */
  shade: Value;
  /** [1, 1, 104, 256]: how much of the picture stays in the rows of the mouth. */
  keep: Value;
  /** [1, 3, 104, 256]: colour inside the mouth, weighted. */
  inside: Value;
}

/**
 * The renderer: f_s (the crop) [1, 3, 512, 512], x_s and x_d [1, 21, 3] to out [1, 3, 512, 512], RGB in [0, 1].
 * A backward warp: the head as one body with a depth map, the skin by its keypoints, lids and lips drawn. `field` [1, 6, 256, 256] says
 * how, so that a photo with more detail than the crop can be moved itself: movement in x and y, how much of the picture stays, and the
 * colour that is added.
 */
export function rendererGraph(): Graph {
  const g = new Graph('puppet_renderer', { description: 'Moves the picture of a face by its keypoints' });
  const dims = [1, 3, CROP_SIZE, CROP_SIZE];
  const picture = g.input('f_s', 'float32', dims);
  const xs = g.input('x_s', 'float32', [1, 21, 3]);
  const xd = g.input('x_d', 'float32', [1, 21, 3]);
  const fit = g.scope('fit', () => rigidFit(g, xs, xd));
  const coarse = g.scope('field', () => coarseField(g, fit));
  const layers = drawn(g, fit, coarse.resize(FINE, FINE), picture);
  g.output(
    'out',
    g.scope('compose', () => compose(g, picture, layers)),
    'float32',
    dims,
  );
  g.output(
    'field',
    g.scope('give', () => fieldOf(g, layers)),
    'float32',
    [1, 6, FINE, FINE],
  );
  return g;
}

/** @param displacement [1, 4, 256, 256]: upper x, lower x, upper y, lower y */
function drawn(g: Graph, fit: Fit, displacement: Value, picture: Value): Layers {
  const rows = [EYE_ROWS.from, lengthOf(EYE_ROWS), lengthOf(MOUTH_ROWS)];
  const [top, middle, bottom] = g.split(displacement, 2, rows) as [Value, Value, Value];
  const upper = (fields: Value) => fields.gather(1, [0, 2]);
  const soft = g.scope('soft', () => softness(g, picture));
  const lids = g.scope('eyes', () => eyes(g, fit, upper(middle), picture, soft));
  const lips = g.scope('mouth', () => mouth(g, fit, bottom, picture, soft));
  const whole = g.concat(2, [upper(top), lids.displacement, lips.displacement]);
  return { displacement: whole, shade: lids.shade, keep: lips.keep, inside: lips.inside };
}

/** Samples the picture at twice the fine grid, band by band, and lays lids and mouth over it. */
function compose(g: Graph, picture: Value, { displacement, shade, keep, inside }: Layers): Value {
  const limit = 1 - 1 / CROP_SIZE;
  const positions = displacement.resize(CROP_SIZE, CROP_SIZE).add(pixelGrid(g)).clip(-limit, limit);
  const rows = [EYE_ROWS.from, lengthOf(EYE_ROWS), lengthOf(MOUTH_ROWS)].map((count) => 2 * count);
  const bands = g.split(positions.transpose(0, 2, 3, 1), 1, rows).map((band) => sample(g, picture, band));
  const [top, middle, bottom] = bands as [Value, Value, Value];
  const enlarged = (layer: Value, index: number) => layer.resize(rows[index]!, CROP_SIZE);
  const lids = g.formula('middle * (1 - shade)', { middle, shade: enlarged(shade, 1) });
  const lips = g.formula('bottom * keep + inside', {
    bottom,
    keep: enlarged(keep, 2),
    inside: enlarged(inside, 2),
  });
  return g.concat(2, [top, lids, lips]);
}

/** What `compose` does to the picture, on the fine grid. */
function fieldOf(g: Graph, { displacement, shade, keep, inside }: Layers): Value {
  const rows = (layer: Value, from: number, fill: number) =>
    g.op('Pad', [layer, g.ints([0, 0, from, 0, 0, 0, 0, 0]), fill]);
  const stays = rows(g.concat(2, [g.formula('1 - shade', { shade }), keep]), EYE_ROWS.from, 1);
  return g.concat(1, [displacement, stays, rows(inside, MOUTH_ROWS.from, 0)]);
}

function sample(g: Graph, picture: Value, positions: Value): Value {
  // Positions are clipped, so zeros beyond the border are never seen; ONNX Runtime's other paddings are twice as slow.
  const attributes = { mode: 'linear', padding_mode: 'zeros', align_corners: 0 };
  return g.op('GridSample', [picture, positions], attributes);
}

/** x and y of the 512 x 512 pixels, [1, 2, 512, 512]; made of two lines when the graph is loaded. */
function pixelGrid(g: Graph): Value {
  const line = Float32Array.from(range(0, CROP_SIZE), (i) => centreOf(i, CROP_SIZE));
  const full = g.ints([1, 1, CROP_SIZE, CROP_SIZE]);
  const x = g.op('Expand', [g.constant('pixel_x', line, [1, 1, 1, CROP_SIZE]), full]);
  const y = g.op('Expand', [g.constant('pixel_y', line, [1, 1, CROP_SIZE, 1]), full]);
  return g.concat(1, [x, y]);
}
