import { invalidArgument } from '../../errors.js';
import type { LoweredPack } from '../../packs/lowering/cache-entry.js';
import type { LoweringProgress } from '../../packs/lowering/lower-pack.js';
import { type PackPlanFor, planPack } from '../../packs/lowering/plan/plan-pack.js';
import type { CpuPrecision, Precision } from '../../packs/lowering/precision.js';
import { type Pack, readPack } from '../../packs/pack.js';
import { checkPack } from '../../packs/verify.js';
import { buildEngines } from '../../talker/load/build-engines.js';
import {
  checkNetworks,
  exactPlansOf,
  type LowerOptions,
  lowerForCpu,
  plansOf,
  precisionFor,
} from '../../talker/load/lowering.js';
import type { Context } from '../command.js';
import { bytes, duration } from '../layout.js';
import type { Paint } from '../report/reporter.js';
import { budget } from './budget.js';
import type { CompileValues } from './options.js';

/** The result of `compile`. */
interface Compiled {
  pack: string;
  version: string;
  device: string;
  precision: Precision;
  seconds: number;
  /** Absent if nothing in the pack is lowered. */
  directory?: string;
  networks: string[];
  bytes: number;
}

/**
 * `kdtalker packs compile`.
 *
 * @throws PACK_NOT_FOUND, PACK_INVALID, PACK_DAMAGED, DEVICE_UNAVAILABLE, OPERATOR_UNSUPPORTED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL,
 *   ABORTED
 */
export async function compile(name: string, values: CompileValues, context: Context): Promise<void> {
  const { reporter, signal } = context;
  const begun = performance.now();
  const { device = 'cpu' } = values;
  checkTogether(values);
  const precision = precisionFor(values.precision ?? 'fp32', device);
  const pack = await readPack(name);
  await checkPack(pack, { signal });
  if (values.budget) {
    await checkNetworks(pack, undefined, signal);
    budget(pack, await planPack(pack, targetOf(pack, precision), signal), reporter);
    return;
  }
  const options = {
    signal,
    onProgress: ({ stage, done, total }: LoweringProgress) =>
      reporter.progress({ stage, done, total, fps: 0 }),
  };
  const made = await make(pack, device, precision, options);
  const seconds = (performance.now() - begun) / 1000;
  const { name: known, version } = pack.manifest;
  const compiled = { pack: known, version, device, precision, seconds, ...made };
  reporter.result((paint) => describe(compiled, paint), { ...compiled });
}

type Made = Pick<Compiled, 'directory' | 'networks' | 'bytes'>;

async function make(pack: Pack, device: string, precision: Precision, options: LowerOptions): Promise<Made> {
  if (device.startsWith('tensorrt')) return buildEngines(pack, device, precision, options);
  const lowered =
    device === 'cuda'
      ? await plansOf(pack, targetOf(pack, precision), options)
      : await lowerForCpu(pack, 'cpu', precision as CpuPrecision, options);
  return described(lowered, await exactPlansOf(pack, device, precision, options));
}

/** Only plans are counted. */
function checkTogether({ device = 'cpu', budget: counted }: CompileValues): void {
  if (device !== 'cuda' && counted) throw invalidArgument('cuda', '--device with --budget', device);
}

/** A clip that chooses otherwise has plans of its own. */
function targetOf({ manifest: { sampler } }: Pack, precision: Precision): PackPlanFor {
  return {
    window: sampler.window,
    steps: sampler.steps,
    precision: precision === 'fp16' ? 'fp16' : 'fp32',
  };
}

function described(lowered: LoweredPack | undefined, exact: LoweredPack | undefined): Made {
  if (!lowered) return { networks: [], bytes: 0 };
  const networks = [lowered, exact].flatMap((made) => Object.values(made?.networks ?? {}));
  const size = networks.reduce((sum, { bytes: own, data }) => sum + own + (data?.bytes ?? 0), 0);
  return { directory: lowered.directory, networks: Object.keys(lowered.networks), bytes: size };
}

function describe({ pack, version, precision, directory, ...rest }: Compiled, paint: Paint): string[] {
  const what = `${pack} ${version}`;
  if (directory === undefined) return [`${what}: no network is rewritten; the pack runs unchanged`];
  const { networks, bytes: size, seconds } = rest;
  return [
    `${paint('strong', directory)}: ${what} in ${precision}, ${bytes(size)}; made or found in ${duration(seconds)}`,
    `Networks: ${networks.join(', ')}`,
  ];
}
