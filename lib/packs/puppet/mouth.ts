import type { Graph, Value } from '../onnx/index.js';
import { amongAllColumns, columns, FINE, lengthOf, MOUTH_COLUMNS, MOUTH_ROWS, positions } from './bands.js';
import type { Fit } from './field.js';
import { interior } from './interior.js';
import { KEYPOINTS } from './keypoints.js';
import { type Lips, lipsOf } from './lips.js';
import { lightOf } from './observe.js';

/** The band of the mouth with the lips parted. */
export interface Mouth {
  /** Movement in x and y, [1, 2, 104, 256]. */
  displacement: Value;
  /** What is left of the picture, [1, 1, 104, 256]. */
  keep: Value;
  /** What is seen through the open lips, already weighted: [1, 3, 104, 256]. */
  inside: Value;
}

/** Where a pixel's source lies in the mouth. */
interface Place {
  /** Across: -1 and 1 are the corners. Of the upper field. */
  u: Value;
  /** 0 where something lies on the lips, which do not part there, else 1. */
  free: Value;
  /** Below the edge of the upper lip, and above that of the lower. */
  a: Value;
  b: Value;
}

/**
 * Opens the lips along their seam, without stretching them, and paints what is behind.
 *
 * @param displacement of the band: [1, 4, 104, 256], upper x, lower x, upper y, lower y
 * @param picture the crop, [1, 3, 512, 512]
 * @param soft how many times wider than in a sharp picture edges are drawn
 */
export function mouth(g: Graph, fit: Fit, displacement: Value, picture: Value, soft: Value): Mouth {
  const lips = g.scope('lips', () => lipsOf(g, fit, picture, soft));
  const place = placeInMouth(g, lips, displacement);
  const [u, a, b, free] = [place.u, place.a, place.b, place.free].map((of) => columns(of, MOUTH_COLUMNS)) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const middle = { u, a, b };
  const window = g.formula('shown * relu(1 - u * u) * free', { u, free, shown: fit.shown });
  const edge = g.formula('1 / (.006 * soft)', { soft });
  // Edges lie on the lips' edges; lips that touch have none.
  const half = g.formula('.5 * clip((a + b) * edge, 0, 1)', { ...middle, edge });
  const alpha = g.formula(
    'clip(a * edge + half, 0, 1) * clip(b * edge + half, 0, 1) * clip(3 * window, 0, 1)',
    {
      ...middle,
      window,
      edge,
      half,
    },
  );
  const at = { ...middle, ...bones(fit), window, alpha, soft, apart: lips.apart, reach: lips.light };
  const light = lightOf(g, picture);
  const open = g.scope('inside', () => interior(g, at, light));
  const line = g.scope('line', () => shutLine(g, { ...at, ...lips }, fit));
  const inside = g.formula('open + line', { open, line: line.inside });
  return {
    displacement: parted(g, displacement, place, fit.shown),
    keep: amongAllColumns(
      g,
      g.formula('(1 - alpha) * (1 - cover)', { alpha, cover: line.cover }),
      MOUTH_COLUMNS,
      1,
    ),
    inside: amongAllColumns(g, inside, MOUTH_COLUMNS, 0),
  };
}

/**
 * Where lips that the picture shows apart come together, what is left of its teeth between them is covered by lip and by the soft line of
 * closed lips: how much, [1, 1, 104, 128], and with what, weighted, [1, 3, 104, 128].
 */
function shutLine(
  g: Graph,
  at: Record<'u' | 'a' | 'b' | 'window' | 'alpha' | 'apart' | 'soft' | 'colour' | 'change', Value>,
  fit: Fit,
): { cover: Value; inside: Value } {
  const down = ({ index }: { index: number }) => fit.residual.slice(0, index, index + 1).slice(1, 1, 2);
  const nearer = g.formula('upper - lower', { upper: down(KEYPOINTS.lipUp), lower: down(KEYPOINTS.lipLo) });
  const shut = g.formula(
    'clip(1.8 - (apart - nearer) / .018, 0, 1) * clip(nearer / .02, 0, 1) * clip(apart / .02, 0, 1)',
    {
      ...at,
      nearer,
    },
  );
  // As wide as pixels of this grid, and of the picture, at least: a narrower line would be one of beads.
  const from = g.formula('abs(b) / (.0043 + .0043 * soft)', { ...at });
  const teeth = g.formula('clip((a + apart * window) / .008 + 1, 0, 1) * clip(b / .016 + 1, 0, 1)', {
    ...at,
  });
  // Between the two fields the movement passes what lies between: also teeth.
  const cover = g.formula(
    'shut * max(teeth, clip(2.2 - from, 0, 1)) * clip(4 * window, 0, 1) * (1 - alpha)',
    {
      ...{ ...at, shut, teeth, from },
    },
  );
  const dark = g.formula('clip(1.4 - from, 0, 1) * clip(.35 + 1.3 * window, 0, 1)', { ...at, from });
  // The darker, the less of a colour lips have.
  const less = g.formula('.8 - .4 * colour / (most + .01)', { ...at, most: at.colour.maxOver([1]) });
  const inside = g.formula('(colour + change * across) * (cover - shaded * less)', {
    ...{ ...at, less, cover },
    across: at.u.clip(-0.5, 0.5),
    shaded: cover.mul(dark),
  });
  return { cover, inside };
}

/** Distances from the seam, a line between the corners that hangs in the middle; each [1, 1, 104, 256]. */
function placeInMouth(g: Graph, lips: Lips, displacement: Value): Place {
  const [dx, dy] = g.split(displacement, 1, [2, 2]) as [Value, Value];
  const at = {
    ...lips,
    dx,
    dy,
    x: positions(g, 'x', { from: 0, to: FINE }),
    y: positions(g, 'y', MOUTH_ROWS),
  };
  const u = g.formula('(dx + (x - xm)) / hw', at);
  const below = g.formula('dy + (y - ym) - tilt * clip(u, -1.3, 1.3) - (sag + skew * u) * relu(1 - u * u)', {
    ...at,
    u,
  });
  const [a, minusB] = g.split(below, 1, [1, 1]) as [Value, Value];
  const across = u.slice(1, 0, 1);
  const free = g.formula('clip(8 * (left + across), 0, 1) * clip(8 * (right - across), 0, 1)', {
    ...lips,
    across,
  });
  return { u: across, a, b: minusB.neg(), free };
}

/** How far the upper lip and the lower teeth have moved down in the frame of the head, [1, 1]. */
function bones(fit: Fit): { lip: Value; jaw: Value } {
  const down = ({ index }: { index: number }) => fit.residual.slice(0, index, index + 1).slice(1, 1, 2);
  return { lip: down(KEYPOINTS.lipUp), jaw: down(KEYPOINTS.chin).relu() };
}

/**
 * The upper movement above the gap, the lower below: a hard switch inside the mouth, a soft one beside it and where
 * something covers it. Where the lips overlap, the lower one is in front: so an upper lip that comes down covers its teeth.
 */
function parted(g: Graph, displacement: Value, place: Place, shown: Value): Value {
  // Twice the half width of the switch: .008, and up to .248 beyond the corners.
  const width = g.formula('clip(.5 * abs(u) - .442 + (2 - shown - free), .008, .248)', { ...place, shown });
  const side = g.formula('clip(max(a - b, -2 * b) / width + .5, 0, 1)', { ...place, width });
  const fields = displacement.reshape(1, 2, 2, ROWS, FINE);
  const [upper, lower] = g.split(fields, 2, [1, 1]) as [Value, Value];
  const across = { upper, lower, side: side.unsqueeze(1) };
  return g.formula('upper + side * (lower - upper)', across).reshape(1, 2, ROWS, FINE);
}

const ROWS = lengthOf(MOUTH_ROWS);
