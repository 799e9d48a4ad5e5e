import type { Measured } from '../metrics.js';

/** FID of each method, and what is to be said of it. */
export interface FidResults {
  readonly byMethod: ReadonlyMap<string, Measured>;
  readonly notes: readonly string[];
}
