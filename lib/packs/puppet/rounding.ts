/** How the skin around a mouth moves that is rounded. */
import type { Graph, Value } from '../onnx/index.js';
import { KEYPOINT_NAMES, KEYPOINTS, SEAM } from './keypoints.js';

/** Keypoints of the source, x and y, and how their expression moves them: [21, 2] each. */
interface Moved {
  source: Value;
  residual: Value;
}

/** Of what corners of the mouth come nearer, the part that the picture shows: U narrows a mouth by a third. */
const NARROWER = 0.46;
/** How much fuller lips get for that, and how far from their inner edges. */
const FULLER = { by: 0.55, reach: 0.05 } as const;
/** How far from the mouth's middle skin goes along, in half widths, and in crop units up and down. */
const DRAWN = { across: 1, along: 0.13 } as const;

/** The residuals, [21, 2], without what `rounding` does: corners of the mouth that come nearer to each other. */
export function withoutNarrowing(g: Graph, fit: Moved): Value {
  const { mouthL, mouthR } = KEYPOINTS;
  const across = ({ index }: { index: number }) => fit.residual.slice(0, index, index + 1).slice(1, 0, 1);
  const nearer = g.formula('.5 * relu(left - right)', { left: across(mouthL), right: across(mouthR) });
  const sides = KEYPOINT_NAMES.map((name) => (name === 'mouthL' ? -1 : name === 'mouthR' ? 1 : 0));
  const apart = g.matrix(
    'corners',
    sides.map((side) => [side, 0]),
  );
  return fit.residual.add(apart.mul(nearer));
}

/** Where cells lie in the frame of the mouth: across and down from its middle, [1, n]; and how it is tilted, [1, 1]. */
interface InMouth {
  across: Value;
  down: Value;
  cos: Value;
  sin: Value;
  /** Half the width at rest, and how much less it is now, not below 0. */
  half: Value;
  nearer: Value;
}

function inMouth(g: Graph, fit: Moved, q: Value): InMouth {
  const { mouthL, mouthR } = KEYPOINTS;
  const at = (of: Value, { index }: { index: number }) => of.slice(0, index, index + 1);
  const parts = (pair: Value) => g.split(pair.mul(0.5), 1, [1, 1]) as [Value, Value];
  const [hx, hy] = parts(at(fit.source, mouthR).sub(at(fit.source, mouthL)));
  const [closer] = parts(at(fit.residual, mouthL).sub(at(fit.residual, mouthR)));
  const moved = fit.source.add(fit.residual);
  const [xm, ym] = parts(at(moved, mouthL).add(at(moved, mouthR)));
  const half = g.formula('max(sqrt(hx * hx + hy * hy), .02)', { hx, hy });
  const turned = { cos: hx.div(half), sin: hy.div(half) };
  const [x, y] = g.split(q, 0, [1, 1]) as [Value, Value];
  const from = { ...turned, dx: x.sub(xm), dy: y.sub(ym) };
  return {
    ...turned,
    half,
    nearer: g.formula(`min(${NARROWER} * relu(closer), .4 * half)`, { closer, half }),
    across: g.formula('cos * dx + sin * dy', from),
    down: g.formula('cos * dy - sin * dx', from),
  };
}

/**
 * Lips that are rounded: all of the mouth is drawn together, so that no skin folds, and what lies beyond the lips' inner edges away from
 * them, since lips that protrude look fuller; what is between the edges, as teeth, does not. What to add to the movement, [4, n].
 */
export function rounding(g: Graph, fit: Moved, q: Value): Value {
  const at = inMouth(g, fit, q);
  const weight = (across: Value, down: Value | number) =>
    g.formula(`exp(-.5 * (across / (${DRAWN.across} * half))^2 - .5 * (down / ${DRAWN.along})^2)`, {
      ...at,
      across,
      down,
    });
  const corner = at.half.sub(at.nearer);
  const share = g.formula('nearer / (corner * most)', { ...at, corner, most: weight(corner, 0) });
  const inwards = g.formula('-share * across * near', { ...at, share, near: weight(at.across, at.down) });
  const outwards = g.formula('share * by * offset * near', {
    ...{ share, by: FULLER.by, offset: beyondLips(g, fit, at) },
    near: g.formula(`exp(-.5 * (across / (.65 * half))^2 - .5 * (down / ${FULLER.reach})^2)`, { ...at }),
  });
  const x = g.formula('cos * inwards - sin * outwards', { ...at, inwards, outwards });
  const y = g.formula('sin * inwards + cos * outwards', { ...at, inwards, outwards });
  return g.concat(0, [x, x, y, y]);
}

/** How far cells lie below the lower lip's inner edge, or above the upper one's, then below 0, [1, n]. */
function beyondLips(g: Graph, fit: Moved, { across, down, half }: InMouth): Value {
  const moved = fit.source.add(fit.residual);
  const row = ({ index }: { index: number }) => moved.slice(0, index, index + 1).slice(1, 1, 2);
  const { mouthL, mouthR, lipUp, lipLo } = KEYPOINTS;
  const middle = row(mouthL).add(row(mouthR)).mul(0.5);
  const at = { across, down, half, middle, upper: row(lipUp), lower: row(lipLo) };
  const hang = g.formula('relu(1 - (across / half)^2)', at);
  return g.formula(
    `relu(down - hang * (lower - middle - ${SEAM.lip})) - relu(hang * (upper - middle + ${SEAM.lip}) - down)`,
    { ...at, hang },
  );
}
