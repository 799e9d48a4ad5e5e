import { z } from 'zod';
import { invalidArgument } from '../../errors.js';
import { THREADS } from '../../limits.js';
import { abortSignal, callback, flag, integer, oneOf, parseOptions } from '../../validate.js';
import { LSE_KINDS, type LseKind } from '../lse-kinds.js';
import { type Condition, readCondition } from './conditions.js';
import { REAL } from './names.js';

/** The progress of {@link evaluate}: one event for each frame that was measured. */
export interface EvaluateProgress {
  clip: string;
  method: string;
  /** Videos that are measured, of those that there are. */
  done: number;
  total: number;
  /** Frames of this video that are measured. */
  frames: number;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** The folder of clips that `prepareBench()` made. */
  bench: string;
  /**
   * Folders of videos by the methods' names. A video has the name of its clip, such as `ours/anna.mp4`; any size, rate, length and codec.
   * `times.json` beside the videos, such as `{ "anna": { "generate": 3.1, "whole": 3.9 } }`, has the seconds that they took.
   */
  methods: Readonly<Record<string, string>>;
  /** A folder for the results; a run that was stopped goes on there. */
  out: string;
  /** A pack, whose motion network sees how the head turns. Default none: the pose is not measured. */
  pack?: string | undefined;
  /** A folder of judges, which `addJudges()` or `pullJudges()` made. Default none: LSE, diversity, FID and CSIM are not measured. */
  judges?: string | undefined;
  /** How LSE is measured: of the longest track of a face, as papers on HDTF do, or of the whole frame. Default `'track'`. */
  lse?: LseKind | undefined;
  /**
   * Whether LSE is of pictures that were encoded again as the published programs do between their steps, for whoever compares digits: MPEG-4,
   * JPEG, XviD and JPEG. It takes room on the disk and ffmpeg's encoders. Default false.
   */
  lseReencode?: boolean | undefined;
  /**
   * Statistics of other real videos for FID, an .npz file with `mu` and `sigma` as pytorch-fid saves it. Default: the bench's real videos.
   */
  fidReal?: string | undefined;
  /** Whether each method's statistics are saved as `<out>/fid/<method>.npz`, 34 MB each. Default false. */
  fidSave?: boolean | undefined;
  /** Conditions under which the results count as failed, such as `'cpbd<0.2'` for all methods or `'ours.lmd>0.1'` for one. */
  failIf?: readonly string[] | undefined;
  /**
   * The device of the judges' networks and of the pack's: `'cpu'` (default); `'cuda'` or `'cuda:0'`, `'cuda:1'` ...: a GPU of NVIDIA, on which
   * they run in float32 by plans: a network that plans lack is OPERATOR_UNSUPPORTED. Faces are found on the processor.
   */
  device?: 'cpu' | 'cuda' | `cuda:${number}` | (string & {}) | undefined;
  /** Threads of each network on the processor. Default 1. */
  threads?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Errors that it throws are ignored. */
  onProgress?: ((progress: EvaluateProgress) => void) | undefined;
}

const PATH = 'a path';
const path = z.string({ error: PATH }).min(1, PATH);
const METHODS = 'folders by names';
const DEVICES = "'cpu', 'cuda' or 'cuda:N'";
/** `guarded` is for tests. */
const DEVICE = /^(?:cpu|guarded|cuda(?::\d{1,3})?)$/;
const schema = z.strictObject(
  {
    bench: path,
    methods: z.record(z.string(), path, { error: METHODS }),
    out: path,
    pack: path.optional(),
    judges: path.optional(),
    fidReal: path.optional(),
    fidSave: flag.optional(),
    lse: oneOf(...LSE_KINDS).default('track'),
    lseReencode: flag.default(false),
    failIf: z.array(z.string({ error: 'conditions' }), { error: 'conditions' }).default([]),
    device: z.string({ error: DEVICES }).regex(DEVICE, DEVICES).default('cpu'),
    threads: integer(...THREADS).default(1),
    signal: abortSignal.optional(),
    onProgress: callback<EvaluateProgress>().optional(),
  },
  { error: 'an object' },
);

const NAME = /^[A-Za-z0-9][\w-]*$/;

/** Checked options. */
export interface EvaluatePlan
  extends Omit<EvaluateOptions, 'failIf' | 'device' | 'threads' | 'lse' | 'lseReencode'> {
  readonly failIf: readonly Condition[];
  readonly lse: LseKind;
  readonly lseReencode: boolean;
  readonly device: string;
  readonly threads: number;
}

/** @throws INVALID_ARGUMENT */
export function planEvaluate(options: EvaluateOptions): EvaluatePlan {
  const plan = parseOptions(schema, options, 'the options of evaluate()');
  for (const name of Object.keys(plan.methods)) {
    if (!NAME.test(name) || name === REAL || name === 'paper')
      throw invalidArgument(
        "a name of letters, digits, '-' and '_', not 'real' or 'paper',",
        'a method',
        name,
      );
  }
  const methods = [REAL, ...Object.keys(plan.methods)];
  return { ...plan, failIf: plan.failIf.map((text) => readCondition(text, methods)) };
}
