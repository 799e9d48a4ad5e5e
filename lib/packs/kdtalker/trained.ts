import { z } from 'zod';
import { integer, oneOf, parseFile } from '../../validate.js';
import type { Checkpoint, PythonValue } from '../checkpoint/index.js';
import type { PackManifest } from '../manifest.js';
import { type DenoiserShape, RELEASED } from '../networks/denoiser-shape.js';
import { STATISTICS } from './statistics.js';

type Statistics = PackManifest['statistics'];

/** What a checkpoint of our training says about itself. The released one says nothing. */
export interface Trained {
  shape: DenoiserShape;
  /** Undefined: the published ones. */
  statistics: Statistics | undefined;
  /** Where its weights lie: those of its moving average, where it has one. */
  place: 'model.' | 'ema.' | undefined;
}

const WRONG = 'a number of layers or a width that the training makes';
const optionsSchema = z.object({
  dim: z.int(WRONG).multipleOf(64, WRONG).min(64, WRONG).max(4096, WRONG),
  depth: integer(1, 64),
  window: integer(1, 1024),
  canonical: oneOf('token', 'zero', 'none'),
  attention: oneOf('full', 'none'),
  rotary: oneOf('full', 'none'),
  bias: oneOf('full', 'none'),
});

const means = (count: number) =>
  z.array(z.number('finite numbers'), 'numbers').length(count, `${count} numbers`);
const deviations = (count: number) =>
  z
    .array(z.number('positive numbers').positive('positive numbers'), 'numbers')
    .length(count, `${count} numbers`);
const statisticsSchema = z.object(
  Object.fromEntries(
    Object.entries(STATISTICS).map(([part, { mean }]) => [
      part,
      z.object({ mean: means(mean.length), std: deviations(mean.length) }, `statistics of ${part}`),
    ]),
  ),
);

/**
 * Reads the options and statistics that our training writes into a checkpoint.
 *
 * @throws KdtalkerError CHECKPOINT_INVALID
 */
export function readTrained({ values, file }: Pick<Checkpoint, 'values' | 'file'>): Trained {
  const options = entry(values, 'options');
  if (typeof options !== 'string') return { shape: RELEASED, statistics: undefined, place: undefined };
  const shape = parseFile(optionsSchema, parsed(options), `the options in ${file}`, 'CHECKPOINT_INVALID');
  const kept = entry(values, 'statistics');
  const statistics =
    typeof kept === 'string'
      ? parseFile(statisticsSchema, parsed(kept), `the statistics in ${file}`, 'CHECKPOINT_INVALID')
      : undefined;
  const place = entry(values, 'ema') instanceof Map ? 'ema.' : 'model.';
  return { shape, statistics: statistics as Statistics | undefined, place };
}

const entry = (values: PythonValue, name: string) => (values instanceof Map ? values.get(name) : undefined);

/** They are texts of JSON in the file; undefined for another text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
