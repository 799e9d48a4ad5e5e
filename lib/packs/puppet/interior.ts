import type { Graph, Value } from '../onnx/index.js';
import { colour, type Light } from './observe.js';

/** Where a pixel lies in the opened mouth, and what its bones do. */
export interface Inside {
  /** Across: -1 and 1 are the corners. 1 - u^2, 0 beyond them. */
  u: Value;
  window: Value;
  /** Below the edge of the upper lip, above that of the lower. */
  a: Value;
  b: Value;
  /** How much of the picture is replaced, 0 to 1. */
  alpha: Value;
  /** How far the upper lip and the lower teeth have moved down, in the frame of the head. */
  lip: Value;
  jaw: Value;
  /** How far the lips of the picture are apart: its own teeth fill that. */
  apart: Value;
  /** How much of the light reaches teeth, .4 to 1. */
  reach: Value;
  /** How many times wider than in a sharp picture edges are. */
  soft: Value;
}

const DARK = [0.17, 0.06, 0.055];
const TOOTH = [0.95, 0.885, 0.79];
/** Teeth that hardly any light reaches: warm, since it comes from lips. */
const SHADED = [0.5, 0.33, 0.28];
const TONGUE = [0.55, 0.22, 0.21];
/** What a narrow gap shows besides the dark: the inside of the lips. */
const FLESH = [0.16, 0.07, 0.065];

/** Dark mouth with teeth and a tongue, weighted by alpha: [1, 3, rows, columns]. */
export function interior(g: Graph, inside: Inside, light: Light): Value {
  const gap = g.formula('relu(a + b)', { ...inside });
  const at = { ...inside, gap };
  const tooth = teeth(g, at);
  const tongue = g.formula('clip((.40 * gap - b) / .04, 0, 1) * clip(gap / .05 - .6, 0, 1) * window', at);
  const narrow = g.formula('1 - clip(gap / .05, 0, 1)', at);
  const behind = g.formula('alpha * (1 - cover)', { ...at, cover: tooth.cover });
  const bone = g.formula('shaded + bright * (white - shaded)', {
    ...tooth,
    shaded: colour(g, 'shaded', SHADED, light),
    white: colour(g, 'tooth', TOOTH, light),
  });
  return g.formula('behind * (dark + narrow * flesh + tongue * redder) + (alpha * cover) * bone', {
    ...at,
    ...tooth,
    bone,
    behind,
    tongue,
    narrow,
    dark: colour(g, 'dark', DARK, light),
    flesh: colour(g, 'flesh', FLESH, light),
    redder: colour(
      g,
      'tongue',
      TONGUE.map((value, i) => value - DARK[i]!),
      light,
    ),
  });
}

/** Length of the upper teeth below the lip at rest. */
const UPPER = 0.018;
/** Of a gap that is narrower, to the sides and in a mouth that opens little, the part that they take: it is dark below them. */
const SHARE = 0.55;
/** Where the lower teeth begin below it, with the mouth shut. */
const LOWER = 0.03;

/**
 * Teeth belong to bones: the upper row stays where it is in the head, the lower row moves with the chin. `cover` says where they
 * are, `bright` how lit, 0 to 1: less in a narrow gap, below the lip, to the sides and between teeth. Corners of the mouth are dark: the
 * rows bend back there.
 */
function teeth(g: Graph, at: Inside & { gap: Value }): { cover: Value; bright: Value } {
  const { gap } = at;
  const depth = g.formula('a + lip', { ...at });
  // Between teeth; they are narrower towards the corners: u + u^3 / 2 is even there.
  const ridge = g.formula('cos(12.5 * (u + .5 * (u * u * u)))^4', { ...at });
  const edge = g.formula('.007 * soft', { ...at });
  const below = g.formula(`min(${UPPER} * window - apart - depth, ${SHARE} * gap - a) - .0022 * ridge`, {
    ...at,
    depth,
    ridge,
  });
  const upper = g.formula('clip(below / edge + .5, 0, 1)', {
    below,
    edge,
  });
  const lower = g.formula(`.9 * clip((depth - ${LOWER} - jaw - .6 * apart) / edge + .5, 0, 1)`, {
    ...at,
    depth,
    edge,
  });
  const cover = g.formula(
    'max(upper, lower) * clip(gap / (.016 * soft) - .7, 0, 1) * clip(2.6 * (gap / most) - .9, 0, 1) * clip(2.2 * window - .9, 0, 1)',
    {
      ...at,
      most: gap.maxOver([2, 3]).add(0.001),
      upper,
      lower,
    },
  );
  const lit = g.formula(
    'clip(.25 + gap / .055, 0, 1) * (.25 + .75 * clip(a / (.012 + .005 * soft), 0, 1)) * (reach / (.88 + .12 * soft))',
    { ...at },
  );
  const bright = g.formula(
    'lit * (1 - .9 * (u * u)) * (1 - .35 * clip(1.3 - .3 * soft, .4, 1) * (ridge * ridge))',
    { ...at, lit, ridge },
  );
  return { cover, bright };
}
