import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GpuReport, GpuReports } from '../../gpu-report.js';
import { addonFile } from '../../installed.js';
import { bytes } from '../layout.js';
import { type Check, type Finding, failed } from './check.js';

const PROGRAM = fileURLToPath(new URL('./examine-gpus.js', import.meta.url));
const TIMEOUT_MS = 30000;

type Found = Omit<Finding, 'name'>;

/** What the library for GPUs, the driver and each GPU say. No clip needs them. */
export const gpus: Check = {
  name: 'GPUs',
  async look(signal) {
    if (!process.env.KDTALKER_CUDA && !existsSync(libraryFile()))
      return { state: 'note', found: 'the library for GPUs is not built' };
    const report = await examined(signal);
    if ('problem' in report) return { ...failed(new Error(report.problem)), state: 'note' };
    return describe(report);
  },
};

/** Where the engine looks if KDTALKER_CUDA is not set. */
function libraryFile(): string {
  return join(dirname(addonFile()), 'libkdtalker_cuda.so');
}

async function examined(signal: AbortSignal): Promise<GpuReports | { problem: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], {
      timeout: TIMEOUT_MS,
      signal,
    });
    return JSON.parse(stdout) as GpuReports | { problem: string };
  } catch (error) {
    if (signal.aborted) throw error;
    const { signal: ended, code } = error as { signal?: string; code?: unknown };
    return {
      problem: `Expected the driver to say what GPUs there are but looking ended with ${ended ?? code}. Check nvidia-smi.`,
    };
  }
}

function describe(report: GpuReports): Found {
  const { library, driver, runtime } = report;
  const details = { library, driver, runtime, gpus: report.gpus };
  const broken = report.gpus.find(({ error, wrong }) => error !== '' || wrong !== '');
  const found = report.gpus.map(lineOf).join('; ');
  if (broken === undefined)
    return { state: 'ok', found: `${found}; driver for CUDA ${versionOf(driver)}`, details };
  const advice = broken.error || 'Update the driver. If the numbers stay wrong, the GPU may be damaged.';
  return { state: 'note', found, advice, details };
}

function lineOf({ name, capability, bytes: total, free, error, wrong }: GpuReport, index: number): string {
  const gpu = `cuda:${index} ${name}, capability ${(capability / 10).toFixed(1)}, ${bytes(total)}`;
  if (error !== '') return `${gpu}, cannot be used`;
  return `${gpu} (${bytes(free)} free), self-test ${wrong === '' ? 'passed' : `failed: ${wrong}`}`;
}

/** 13020 is 13.2. */
function versionOf(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}
