/** Where lids are, and how far what is seen of them comes down. */
import type { Graph, Value } from '../onnx/index.js';

/** How far beyond the lower lid's edge a lid that shuts comes. */
const REACH = 0.014;
/** Above the edge of the lid by its landmarks: where what comes down ends, where lashes end, and where they do if it is dark above them. */
const LASHES = { from: 0.004, to: 0.009, most: 0.02 } as const;

/** Both eyes of the source in crop units, each [2, 1, 1, 1]. */
export interface Lids {
  /** Middle, half width and half height. */
  x0: Value;
  yc: Value;
  hw: Value;
  he: Value;
  /** How much further than that what comes down reaches outwards. */
  further: Value;
  /** Whether the picture shows it open, and how far it is closed. */
  open: Value;
  c: Value;
  /** How far it is dark above the lashes: the lid begins above. */
  dark: Value;
  /** How much skin there is up to the brow, which the lid is stretched of. */
  from: Value;
  /** Colours of the lid, see skin.ts. */
  middle: Value;
  slope: Value;
  lowMiddle: Value;
  lowSlope: Value;
  clean: Value;
  lashes: Value;
  /** Whether reflections lie over the eye: 0 to 1. */
  lights: Value;
  /** How much of the lid is painted since there is too little skin above it, or since reflections lie on it. */
  poor: Value;
  /** 1 where that is so much that nothing comes down, and the lid is painted over what the picture has there; else 0. */
  still: Value;
}

/** Pixels of the bands of both eyes, [2, 1, 72, 96], and how soft edges are. */
export type Band = Record<keyof Lids | 'x' | 'y' | 'soft', Value>;

/** Where pixels lie on a lid, each [2, 1, 72, 96]. */
export interface OnLid {
  /** Across: -1 and 1 are a little beyond the corners. */
  u: Value;
  /** 1 in the middle of the eye and 0 at its corners, where anything is painted. */
  inner: Value;
  /** 1 in the middle and 0 where nothing comes down: round, and flat. */
  profile: Value;
  arch: Value;
  /** How far the lid comes down there; how far below the skin above its lashes and above its lower edge a pixel is. */
  move: Value;
  below: Value;
  above: Value;
  /** 0 below the lower edge, or where the eye is open. */
  reached: Value;
}

/** How wide the lower edge of a lid is in a sharp picture: a pixel of the fine grid and a little, so that a slanted line has no beads. */
export const WIDTH = 0.009;
/** In soft pictures, for each unit: lids come further down, are painted more, and wholly along their edge, up to so much. */
export const SOFTER = { reach: 0.003, painted: 0.2, most: 0.4, edge: 0.8 } as const;

export function onLid(g: Graph, at: Band): OnLid {
  const { along, u } = across(g, at);
  const u2 = u.mul(u);
  const inner = g.formula('relu(1 - along * along)', { along });
  const profile = g.formula('relu(1 - u2)', { u2 });
  const arch = g.formula('relu(1 - u2 * u2)', { u2 });
  const reach = g.formula(`c * (2 * he + ${REACH + LASHES.from} + ${SOFTER.reach} * (soft - 1))`, at);
  const move = g.formula('reach * (.3 * arch + .7 * profile)', { reach, profile, arch });
  const skin = g.formula(`he + dark + ${LASHES.to}`, at);
  const below = g.formula('y - yc + skin * arch', { ...at, skin, arch });
  const high = g.formula(`dark + ${LASHES.to - LASHES.from}`, at);
  const above = g.formula('move + high * arch - below', { move, high, arch, below });
  const reached = g.formula(`clip((above + .002) / (${WIDTH} * soft) + 1, 0, 1) * clip(6 * c, 0, 1)`, {
    ...at,
    above,
  });
  return { u: along, inner, profile, arch, move, below, above, reached };
}

/** Across the eye, -1 and 1 a little beyond its corners; and across what comes down, which reaches further outwards. */
function across(g: Graph, at: Band): Record<'along' | 'u', Value> {
  const outer = g.constant('outer', Float32Array.of(-1, 1), [2, 1, 1, 1]);
  const along = g.formula('(x - x0) / hw', at);
  const share = g.formula('further / (hw + further)', at);
  return { along, u: g.formula('along - outer * share * relu(outer * along)', { along, outer, share }) };
}

/**
 * How far what is seen of the lid comes down, [2, 1, 72, 96]: lashes keep their shape, the skin above them is stretched, and what more is
 * dark between them stays behind. `lash` is 1 on the lashes and else 0.
 */
export function sliding(g: Graph, at: Band & OnLid): Record<'slide' | 'lash', Value> {
  const { from, to, most } = LASHES;
  const left = g.formula(`relu(dark - ${most - to})`, { ...at });
  const high = g.formula(`min(dark, ${most - to}) + ${to - from}`, { ...at });
  const lash = g.formula('clip((high * arch - above) / .002 + .5, 0, 1)', { ...at, high });
  const rest = left.mul(at.arch);
  // Between what comes down and what does not, the inside of the eye would be seen: only where the edge is painted.
  const shut = g.formula(
    'clip((above + .012 - .008 * soft) / .007, 0, 1) * (clip(6 * c, 0, 1) * (1 - still))',
    {
      ...at,
    },
  );
  const stretch = at.move.add(rest);
  const slide = g.formula('(stretch * clip((below + from) / (stretch + from), 0, 1) - lash * rest) * shut', {
    ...at,
    stretch,
    lash,
    rest,
    shut,
  });
  return { slide, lash };
}
