import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { invalidArgument } from '../../errors.js';
import { DEVICE_MEMORY, THREADS } from '../../limits.js';
import type { LoweringProgress } from '../../packs/lowering/lower-pack.js';
import { abortSignal, callback, flag, integer, number, oneOf, parseOptions } from '../../validate.js';
import { checkEngine, type Engine } from './engine.js';

/** Options of `Talker.load()`. */
export interface TalkerOptions {
  /**
   * `'auto'` (default): a GPU that can be used and runs the pack, else the processor, and `talker.deviceNote` says why; `'cpu'`; `'cuda'` or
   * `'cuda:0'`, `'cuda:1'` ...: a GPU of NVIDIA; `'tensorrt:0'` ...: the same, its networks run by ONNX Runtime's TensorRT provider;
   * `'guarded'`, for tests: the CPU with memory that the host cannot access.
   */
  device?:
    | 'auto'
    | 'cpu'
    | 'cuda'
    | `cuda:${number}`
    | 'tensorrt'
    | `tensorrt:${number}`
    | 'guarded'
    | (string & {})
    | undefined;
  /**
   * What runs the networks on a GPU. `'plan'` (default): kernels of this library. `'onnxruntime'`: ONNX Runtime with its CUDA provider,
   * which runs packs with operators that plans lack; the only one of `'tensorrt:N'`. It needs libraries that do not come with this package,
   * and allocates memory itself, so that `deviceMemory` is not of it. Not of the processor.
   */
  engine?: Engine | undefined;
  /**
   * Megabytes (10^6 bytes) of a GPU's memory that the talker, its portraits and clips may hold, 1 to 1000000; default: as much as there
   * is. Beyond it there is DEVICE_MEMORY, and the talker goes on. Not of the processor.
   */
  deviceMemory?: number | undefined;
  /**
   * Whether a GPU keeps lists of kernels that repeat, a window's sampling and the networks of a frame, and runs each by one call; default
   * true. False gives kernels singly, which is slower, but tools that look at single kernels see them. With `engine: 'onnxruntime'` the provider
   * captures each network whose lengths are fixed; one that it refuses runs without, with a warning. Not of the processor.
   */
  graphs?: boolean | undefined;
  /** Threads of one network run, 1 to 256; default: the number of cores. */
  threads?: number | undefined;
  /**
   * Arithmetic of lowered networks. `'fp32'` (default): float32. `'bf16'`: products of bfloat16 numbers, summed in float32; faster, on
   * processors with AVX512-BF16. `'fp16'`, on GPUs: convolutions of the networks that run for every frame multiply half precision numbers
   * on tensor cores, summed in float32; a clip whose frames they cannot hold goes on in float32, with a warning. `'auto'`: fp16 on a GPU,
   * bf16 if the processor has it, otherwise fp32. Networks that are not lowered are float32.
   */
  precision?: 'fp32' | 'bf16' | 'fp16' | 'auto' | undefined;
  /**
   * Whether the networks are rewritten for this processor, once for all loads: their lowered form is stored in `$KDTALKER_CACHE`, else
   * `~/.cache/kdtalker`. Default true; false runs the pack's files unchanged.
   */
  lowering?: boolean | undefined;
  /** How much each tenant's clips are served compared with those of others, 0.001 to 1000; default 1. */
  tenants?: Readonly<Record<string, number>> | undefined;
  /** Called while networks are lowered, after each of their weights. */
  onProgress?: ((progress: LoweringProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Devices that have no memory and no graphs of their own. */
const ON_PROCESSOR: readonly string[] = ['cpu', 'guarded'];

const DEVICES = "'auto', 'cpu', 'cuda', 'cuda:N', 'tensorrt:N' or 'guarded'";

const schema = z.strictObject(
  {
    device: z.string({ error: DEVICES }).default('auto'),
    engine: oneOf('plan', 'onnxruntime').optional(),
    deviceMemory: integer(...DEVICE_MEMORY).optional(),
    graphs: flag.optional(),
    threads: integer(...THREADS).default(availableParallelism),
    precision: oneOf('fp32', 'bf16', 'fp16', 'auto').default('fp32'),
    lowering: flag.default(true),
    tenants: z.record(z.string(), number(0.001, 1000), { error: 'an object of numbers' }).default({}),
    onProgress: callback<LoweringProgress>().optional(),
    signal: abortSignal.optional(),
  },
  { error: 'an object' },
);

/** The options with their defaults. */
export type PlannedTalker = ReturnType<typeof planTalker>;

/** Throws INVALID_ARGUMENT. @returns the options with their defaults */
export function planTalker(options: TalkerOptions) {
  const plan = parseOptions(schema, options, 'the options of Talker.load()');
  if (!plan.lowering && (plan.precision === 'bf16' || plan.precision === 'fp16'))
    throw invalidArgument("'fp32' or 'auto' without lowering", 'precision of Talker.load()', plan.precision);
  checkEngine(plan);
  for (const option of ['deviceMemory', 'graphs'] as const)
    if (plan[option] !== undefined && ON_PROCESSOR.includes(plan.device))
      throw invalidArgument(
        `no ${option} on device '${plan.device}'`,
        'the options of Talker.load()',
        plan[option],
      );
  return plan;
}
