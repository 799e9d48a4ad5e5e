import type { Found } from '../pattern.js';

/** The attentions of a network that one kernel computes each. */
export interface Attentions {
  /** By the name of the result, those of its parts: query, key (transposed), value and, if there is one, bias. */
  results: ReadonlyMap<string, Found>;
  /** Values that are never made: the scores, before and after their softmax. */
  inside: ReadonlySet<string>;
}

export const NO_ATTENTIONS: Attentions = { results: new Map(), inside: new Set() };
