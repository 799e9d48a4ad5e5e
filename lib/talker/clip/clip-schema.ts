import { z } from 'zod';
import { MAX_SEED, STEPS, WINDOW } from '../../limits.js';
import { REGIONS } from '../../packs/regions.js';
import { abortSignal, callback, flag, integer, number, oneOf } from '../../validate.js';
import type { Progress } from '../host/progress.js';
import { editSchema, perFrame } from '../motion/motion-edit.js';
import { silenceSchema } from './silence-gate.js';

const seedText = 'an integer from 0 to 2^64 - 1';
const seed = z
  .union([z.bigint(), z.int()], { error: seedText })
  .transform(BigInt)
  .refine((value) => value >= 0n && value <= MAX_SEED, seedText);

const tenantText = 'a text of at most 256 characters';
const PRIORITY = [-1000, 1000] as const;

const angle = number(-30, 30).optional();
const ratio = perFrame([0, 2], 1, 'a number from 0 to 2, or an array of such,').optional();

/** What animate() takes; streams take a part of it. */
export const clipSchema = z.strictObject(
  {
    seed: seed.default(0n),
    steps: integer(...STEPS).optional(),
    window: integer(...WINDOW).optional(),
    sampler: oneOf('ddim', 'ddpm').default('ddim'),
    eta: number(0, 1).default(0),
    mode: oneOf('absolute', 'relative').optional(),
    still: flag.default(false),
    poseScale: number(0, 3).default(1),
    poseOffset: z
      .strictObject(
        { yaw: angle, pitch: angle, roll: angle },
        { error: 'an object with yaw, pitch and roll' },
      )
      .default({}),
    expressionScale: number(0, 3).default(1),
    smoothing: number(0, 100).optional(),
    blink: oneOf('model', 'periodic', 'off').default('model'),
    region: oneOf(...REGIONS).default('all'),
    edit: editSchema.default({}),
    silenceGate: silenceSchema,
    soundTrack: integer(0, 1000).optional(),
    stitch: flag.optional(),
    eyes: ratio,
    lips: ratio,
    frame: oneOf('crop', 'full').optional(),
    tenant: z.string({ error: tenantText }).max(256, tenantText).default(''),
    priority: integer(...PRIORITY).default(0),
    signal: abortSignal.optional(),
    onProgress: callback<Progress>().optional(),
  },
  { error: 'an object' },
);
