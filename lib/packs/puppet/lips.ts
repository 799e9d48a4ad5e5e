import type { Graph, Value } from '../onnx/index.js';
import type { Fit } from './field.js';
import { KEYPOINTS, SEAM } from './keypoints.js';
import { range } from './linalg.js';
import { brightnessAt } from './observe.js';
import { lipsApart } from './voice.js';

/** The mouth of the source, scalars [1, 1] in crop units. */
export interface Lips {
  xm: Value;
  /** Half the width. */
  hw: Value;
  ym: Value;
  /** Half the height difference of the corners. */
  tilt: Value;
  /** How far the seam hangs below the line between the corners. */
  sag: Value;
  /** How far the lips are apart: teeth that show in the picture. They stay with the upper lip. */
  apart: Value;
}

/** Of the distance between the landmarks inside closed lips, where the line between the lips is. */
const LINE_BELOW_UPPER = 0.15;

export function lipsOf(g: Graph, fit: Fit, picture: Value): Lips {
  const { mouthL, mouthR, lipUp, lipLo } = KEYPOINTS;
  const row = (index: number) => fit.source.slice(0, index, index + 1);
  const [xm, ym] = halves(g, row(mouthL.index).add(row(mouthR.index)));
  const [hw, tilt] = halves(g, row(mouthR.index).sub(row(mouthL.index)));
  const upper = row(lipUp.index).slice(1, 1, 2).add(SEAM.lip);
  const inner = row(lipLo.index).slice(1, 1, 2).sub(SEAM.lip).sub(upper);
  const apart = lipsApart(g, inner);
  const seam = g.formula(`upper + apart + ${LINE_BELOW_UPPER} * (inner - apart)`, { upper, inner, apart });
  const lips = { xm, hw, ym, tilt, sag: seam.sub(ym), apart };
  return { ...lips, sag: lips.sag.add(darkLine(g, lips, picture)) };
}

function halves(g: Graph, pair: Value): [Value, Value] {
  return g.split(pair.mul(0.5), 1, [1, 1]) as [Value, Value];
}

// Places of the search: across the middle of the mouth, and up and down from where the landmarks have the seam.
const ACROSS = range(-6, 7).map((i) => i / 10);
const STEP = 0.004;
const DOWN = range(-10, 11).map((i) => i * STEP);
/** The dark line is looked for about this far from the landmarks. */
const NEAR = 0.016;

/** How far the dark line between closed lips lies below the seam of the landmarks, [1, 1]. */
function darkLine(g: Graph, lips: Lips, picture: Value): Value {
  const u = g.constant('across', Float32Array.from(ACROSS), [1, 1, ACROSS.length, 1]);
  const down = g.constant('down', Float32Array.from(DOWN), [1, DOWN.length, 1, 1]);
  const still = g.constant('still', new Float32Array(DOWN.length), [1, DOWN.length, 1, 1]);
  const x = g.formula('xm + hw * u + still', { ...lips, u, still });
  const y = g.formula('ym + tilt * u + sag * (1 - u * u) + down', { ...lips, u, down });
  const light = brightnessAt(g, picture, g.concat(3, [x, y]))
    .mean([3])
    .reshape(DOWN.length, 1);
  const offset = light.sub(light.mean([0]));
  const spread = g.formula('sqrt(square) + .02', { square: offset.mul(offset).mean([0]) });
  const rows = down.reshape(DOWN.length, 1);
  const score = g.formula(`-6 * offset / spread - .5 * (rows / ${NEAR})^2`, { offset, spread, rows });
  const found = score.softmax(0).mul(rows).sum([0]);
  return g.formula('found * (1 - clip(apart / .01, 0, 1))', { found, apart: lips.apart });
}
