import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GpuReport, GpuReports, ProviderReport } from '../../gpu-report.js';
import { addonFile } from '../../installed.js';

const GPUS = fileURLToPath(new URL('./examine-gpus.js', import.meta.url));
const PROVIDERS = fileURLToPath(new URL('./examine-providers.js', import.meta.url));
const TIMEOUT_MS = 30000;

/** What a talker needs at least, in bytes of a GPU's memory. */
const NEEDED = 1e9;

/** Why nothing is known of the GPUs. */
export interface NoReport {
  problem: string;
}

/** Where Linux shows the devices of the bus, and files that a driver makes, in containers and in WSL too. */
const BUS = '/sys/bus/pci/devices';
const OF_DRIVERS = ['/dev/nvidiactl', '/dev/dxg'];
const NVIDIA = '0x10de';

/** Why no GPU is looked for; undefined if one may be here. A library that the user names is always asked. */
export function whyNoGpu(): string | undefined {
  if (process.env.KDTALKER_CUDA) return undefined;
  if (!hasHardware()) return 'This machine has no GPU of NVIDIA';
  const beside = join(dirname(addonFile()), 'libkdtalker_cuda.so');
  return existsSync(beside) ? undefined : 'The library for GPUs is not built';
}

function hasHardware(): boolean {
  return OF_DRIVERS.some(existsSync) || onBus().includes(NVIDIA);
}

/** The vendors of the devices on the bus. */
function onBus(): string[] {
  try {
    return readdirSync(BUS).map((device) => readFileSync(join(BUS, device, 'vendor'), 'utf8').trim());
  } catch {
    return []; // a machine without such a bus
  }
}

/** What the library for GPUs, the driver and each GPU say; asked in a process of its own, which a broken driver may take down. */
export function lookForGpus(signal: AbortSignal | undefined): Promise<GpuReports | NoReport> {
  return ask(GPUS, 'the driver to say what GPUs there are', signal);
}

/** What ONNX Runtime's providers for GPUs need and have; asked in a process of its own. */
export function lookForProviders(
  signal: AbortSignal | undefined,
): Promise<Record<'cuda' | 'tensorrt', ProviderReport> | NoReport> {
  return ask(PROVIDERS, 'the libraries of ONNX Runtime to open', signal);
}

async function ask<Report>(
  program: string,
  what: string,
  signal: AbortSignal | undefined,
): Promise<Report | NoReport> {
  try {
    const options = { timeout: TIMEOUT_MS, ...(signal && { signal }) };
    const { stdout } = await promisify(execFile)(process.execPath, [program], options);
    return JSON.parse(stdout) as Report | NoReport;
  } catch (error) {
    if (signal?.aborted) throw error;
    const { signal: ended, code } = error as { signal?: string; code?: unknown };
    return { problem: `Expected ${what} but looking ended with ${ended ?? code}. Check nvidia-smi.` };
  }
}

/** The GPU that device `'auto'` takes, or why it takes none. */
export async function gpuForAuto(
  signal: AbortSignal | undefined,
): Promise<{ device: string } | { why: string }> {
  const none = whyNoGpu();
  if (none !== undefined) return { why: none };
  const report = await lookForGpus(signal);
  if ('problem' in report) return { why: report.problem };
  const faults = report.gpus.map(faultOf);
  const index = faults.indexOf(undefined);
  return index < 0 ? { why: faults.join('; ') } : { device: `cuda:${index}` };
}

/** Why a GPU is not taken. */
function faultOf({ error, wrong, free }: GpuReport, index: number): string | undefined {
  if (error !== '') return error;
  if (wrong !== '') return `The self-test of cuda:${index} has wrong numbers: ${wrong}`;
  if (free >= NEEDED) return undefined;
  return `Expected ${NEEDED / 1e9} GB of free memory on cuda:${index} but it has ${(free / 1e9).toFixed(1)} GB`;
}
