import type { GpuReport, GpuReports } from '../../gpu-report.js';
import { lookForGpus, whyNoGpu } from '../../talker/gpus.js';
import { bytes } from '../layout.js';
import { type Check, type Finding, failed } from './check.js';

type Found = Omit<Finding, 'name'>;

/** What the library for GPUs, the driver and each GPU say. No clip needs them. */
export const gpus: Check = {
  name: 'GPUs',
  async look(signal) {
    const none = whyNoGpu();
    if (none !== undefined) return { state: 'note', found: none };
    const report = await lookForGpus(signal);
    if ('problem' in report) return { ...failed(new Error(report.problem)), state: 'note' };
    return describe(report);
  },
};

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
