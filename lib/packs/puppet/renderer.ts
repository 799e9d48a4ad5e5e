import { Graph, type Value } from '../onnx/index.js';
import { CROP_SIZE } from './appearance.js';
import { block, EYE_ROWS, FINE, lengthOf, MOUTH_ROWS, PAINTED_COLUMNS } from './bands.js';
import { eyes } from './eyes.js';
import { COARSE, centreOf, coarseField, type Fit, rigidFit } from './field.js';
import { range } from './linalg.js';
import { mouth } from './mouth.js';
import { softness } from './observe.js';

const PICTURE = [1, 3, CROP_SIZE, CROP_SIZE];

/** Everything that is drawn on the fine grid, in rows from the forehead to the chin. */
interface Layers {
  /** [1, 2, 256, 256]: what to add to a position to find its source. */
  displacement: Value;
  /** [1, 4, 256, 256]: how much of the picture stays, and the colour of lids and mouth, weighted; nothing above the eyes. */
  paint: Value;
}

/**
 * The renderer: f_s (the crop) [1, 3, 512, 512], x_s and x_d [1, 21, 3] to out [1, 3, 512, 512], RGB in [0, 1].
 * A backward warp: the head as one body with a depth map, the skin by its keypoints, lids and lips drawn. `field` is that of
 * {@link fieldGraph}.
 */
export function rendererGraph(): Graph {
  const g = new Graph('puppet_renderer', { description: 'Moves the picture of a face by its keypoints' });
  const picture = g.input('f_s', 'float32', PICTURE);
  const layers = layersOf(g, picture);
  const out = g.scope('compose', () => compose(g, picture, layers));
  g.output('out', out, 'float32', PICTURE);
  return giveField(g, layers);
}

/**
 * The same inputs to `field` [1, 6, 256, 256], which says how the renderer moves the picture, so that a photo with more detail than the crop
 * can be moved itself: movement in x and y, how much of the picture stays, and the colour that is added. It takes a third of the time of the
 * picture.
 */
export function fieldGraph(): Graph {
  const g = new Graph('puppet_field', { description: 'How the picture of a face moves by its keypoints' });
  return giveField(g, layersOf(g, g.input('f_s', 'float32', PICTURE)));
}

function giveField(g: Graph, { displacement, paint }: Layers): Graph {
  g.output('field', g.concat(1, [displacement, paint]), 'float32', [1, 6, FINE, FINE]);
  return g;
}

function layersOf(g: Graph, picture: Value): Layers {
  const xs = g.input('x_s', 'float32', [1, 21, 3]);
  const xd = g.input('x_d', 'float32', [1, 21, 3]);
  const fit = g.scope('fit', () => rigidFit(g, xs, xd));
  const coarse = g.scope('field', () => coarseField(g, fit));
  return drawn(g, fit, coarse, picture);
}

/** @param coarse [1, 4, 64, 64]: upper x, lower x, upper y, lower y */
function drawn(g: Graph, fit: Fit, coarse: Value, picture: Value): Layers {
  const rows = [EYE_ROWS.from, lengthOf(EYE_ROWS), lengthOf(MOUTH_ROWS)];
  const [top, middle, upper] = g.split(coarse.gather(1, [0, 2]).resize(FINE, FINE), 2, rows) as [
    Value,
    Value,
    Value,
  ];
  const fields = g.concat(1, [upper, lowerField(coarse)]).gather(1, [0, 2, 1, 3]);
  const soft = g.scope('soft', () => softness(g, picture));
  const lids = g.scope('eyes', () => eyes(g, fit, middle, picture, soft));
  const lips = g.scope('mouth', () => mouth(g, fit, fields, picture, soft));
  const whole = g.concat(2, [top, lids.displacement, lips.displacement]);
  const kept = g.constant('kept', Float32Array.of(1, 0, 0, 0), [1, 4, 1, 1]);
  const bare = g.op('Expand', [kept, g.ints([1, 4, rows[0]!, FINE])]);
  const rows2 = [lids, lips].map(({ keep, inside }) => g.concat(1, [keep, inside]));
  return { displacement: whole, paint: g.concat(2, [bare, ...rows2]) };
}

/** The lower movement, which only the rows of the mouth need, x and y: [1, 2, 104, 256]. Two cells more, and the resized rows are those of all. */
function lowerField(coarse: Value): Value {
  const [cell, beyond] = [FINE / COARSE, 2];
  const first = MOUTH_ROWS.from / cell - beyond;
  const rows = coarse.gather(1, [1, 3]).slice(2, first, COARSE);
  return rows.resize(cell * (COARSE - first), FINE).slice(2, beyond * cell, cell * (COARSE - first));
}

/** Samples the picture at twice the fine grid, and lays lids and mouth over it, where there can be any. */
function compose(g: Graph, picture: Value, { displacement, paint }: Layers): Value {
  const limit = 1 - 1 / CROP_SIZE;
  const positions = displacement.resize(CROP_SIZE, CROP_SIZE).add(pixelGrid(g)).clip(-limit, limit);
  const rows = [2 * EYE_ROWS.from, CROP_SIZE - 2 * EYE_ROWS.from] as const;
  const { from, to } = PAINTED_COLUMNS;
  const parts = [from, to - from, FINE - to].map((count) => 2 * count);
  const [above, faces] = g.split(positions.transpose(0, 2, 3, 1), 1, rows) as [Value, Value];
  const [left, bare, right] = g.split(faces, 2, parts).map((part) => sample(g, picture, part)) as [
    Value,
    Value,
    Value,
  ];
  const painted = block(paint, { from: EYE_ROWS.from, to: FINE }, PAINTED_COLUMNS).resize(rows[1], parts[1]!);
  const [keep, inside] = g.split(painted, 1, [1, 3]) as [Value, Value];
  const face = g.formula('bare * keep + inside', { bare, keep, inside });
  return g.concat(2, [sample(g, picture, above), g.concat(3, [left, face, right])]);
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
