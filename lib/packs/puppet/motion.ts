import { Graph, type Value } from '../onnx/index.js';
import { JAW_FOLLOWS_SEAM, KEYPOINT_TABLE, KEYPOINTS, SEAM } from './keypoints.js';
import { matrix, range } from './linalg.js';
import { smoothingMatrix } from './smoothing.js';

/** Side of the picture that the motion extractor looks at. */
export const MOTION_PICTURE = 256;

// Rows in which the mouth is looked for, and rows that set the scale of brightness around it.
const ROWS = range(168, 206);
const REGION = [160, 215] as const;
const LUMINANCE = [0.3, 0.59, 0.11];
/** Sharpness of the soft maximum over rows. */
const SHARPNESS = 1.5;

const centreOf = (pixel: number) => (2 * pixel + 1) / MOTION_PICTURE - 1;

interface Detector {
  g: Graph;
  /** Brightness of every row in the middle, left and right of the mouth, [256, 3]. */
  light: Value;
  /** y of the candidate rows, [38, 1]. */
  rows: Value;
}

/**
 * The motion extractor: img [1, 3, 256, 256] to keypoints, pose and expression. A constant face at rest, but for the mouth,
 * whose rows are those darker than what is above and below.
 */
export function motionGraph(): Graph {
  const g = new Graph('puppet_motion', {
    description: 'A face at rest with its mouth where the picture has it',
  });
  const image = g.input('img', 'float32', [1, 3, MOTION_PICTURE, MOTION_PICTURE]);
  const rows = g.constant('rows', Float32Array.from(ROWS, centreOf), [ROWS.length, 1]);
  const detector: Detector = { g, light: profiles(g, image), rows };
  const seam = g.scope('seam', () => seamRow(detector));
  const left = g.scope('left', () => cornerRow(detector, 1, seam));
  const right = g.scope('right', () => cornerRow(detector, 2, seam));
  g.output('kp', keypoints(g, seam, left, right), 'float32', [1, 21, 3]);
  rest(g);
  return g;
}

/** Mean luminance of each row under three soft windows of columns. */
function profiles(g: Graph, image: Value): Value {
  const windows: [centre: number, halfWidth: number][] = [
    [0, 0.11],
    [-0.17, 0.045],
    [0.17, 0.045],
  ];
  const weights = windows.map(([centre, width]) => {
    const column = range(0, MOTION_PICTURE).map((i) => Math.exp(-(((centreOf(i) - centre) / width) ** 2)));
    const sum = column.reduce((a, b) => a + b, 0);
    return column.map((weight) => weight / sum);
  });
  const columns = g.matrix(
    'columns',
    matrix(MOTION_PICTURE, windows.length, (i, j) => weights[j]![i]!),
  );
  const luminance = g.constant('luminance', Float32Array.from(LUMINANCE), [1, 3, 1, 1]);
  return image.matmul(columns).mul(luminance).sum([1]).reshape(MOTION_PICTURE, windows.length);
}

/** How much darker a row is than the rows `distance` above and below it, [38, 1]. */
function valley({ g, light }: Detector, profile: number, distance: number): Value {
  const column = light.slice(1, profile, profile + 1);
  const at = (offset: number, std: number) =>
    g
      .matrix(
        `rows${offset}`,
        smoothingMatrix(
          ROWS.map((row) => row + offset),
          MOTION_PICTURE,
          std,
        ),
      )
      .matmul(column);
  const values = { here: at(0, 1.2), above: at(-distance, 2), below: at(distance, 2) };
  return g.formula('.5 * (min(above, below) + .5 * (above + below)) - here', values);
}

/** The row where the lips part, [1, 1]. */
function seamRow(d: Detector): Value {
  const mean = d.light
    .slice(1, 0, 1)
    .slice(0, ...REGION)
    .mean([0]);
  const values = { v: valley(d, 0, 5), mean, y: d.rows };
  return softArgMax(d, d.g.formula(`4 * v / (.3 * mean + .03) - (y - ${SEAM.y})^2 / (2 * .05^2)`, values));
}

/** The row of a corner of the mouth, [1, 1], looked for a little above the seam. */
function cornerRow(d: Detector, profile: number, seam: Value): Value {
  const region = d.light.slice(1, profile, profile + 1).slice(0, ...REGION);
  const offset = region.sub(region.mean([0]));
  const std = offset.mul(offset).mean([0]).sqrt();
  const values = { v: valley(d, profile, 4), std, y: d.rows, seam };
  return softArgMax(d, d.g.formula('4 * v / (std + .03) - (y - seam + .010)^2 / (2 * .03^2)', values));
}

function softArgMax(d: Detector, score: Value): Value {
  return score.mul(SHARPNESS).softmax(0).mul(d.rows).sum([0]);
}

/** The table with the rows of the mouth replaced; lips, chin and jaw go with the seam. */
function keypoints(g: Graph, seam: Value, left: Value, right: Value): Value {
  const found = [seam, left, right];
  const fixed = KEYPOINT_TABLE.flat();
  const weights = found.map(() => new Array<number>(63).fill(0));
  const follow = (name: keyof typeof KEYPOINTS, source: number, weight: number, offset: number) => {
    const at = 3 * KEYPOINTS[name].index + 1;
    weights[source]![at] = weight;
    fixed[at] = offset;
  };
  const jaw = (name: 'chin' | 'jawL' | 'jawR') =>
    follow(name, 0, JAW_FOLLOWS_SEAM, KEYPOINTS[name].at[1] - JAW_FOLLOWS_SEAM * SEAM.y);
  follow('mouthL', 1, 1, 0);
  follow('mouthR', 2, 1, 0);
  follow('lipUp', 0, 1, -SEAM.lip);
  follow('lipLo', 0, 1, SEAM.lip);
  jaw('chin');
  jaw('jawL');
  jaw('jawR');
  const moved = g.concat(1, found).matmul(g.matrix('follow', weights));
  return moved.add(g.constant('table', Float32Array.from(fixed), [1, 63])).reshape(1, 21, 3);
}

/** Pose and expression at rest. */
function rest(g: Graph): void {
  const constant = (name: string, dims: number[], value: number) => {
    const size = dims.reduce((a, b) => a * b, 1);
    g.output(name, g.constant(`rest_${name}`, new Float32Array(size).fill(value), dims), 'float32', dims);
  };
  for (const angle of ['pitch', 'yaw', 'roll']) constant(angle, [1, 1], 0);
  constant('t', [1, 3], 0);
  constant('exp', [1, 21, 3], 0);
  constant('scale', [1, 1], 1);
}
