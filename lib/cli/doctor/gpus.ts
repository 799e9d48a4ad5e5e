import type { GpuReport, GpuReports, ProviderReport } from '../../gpu-report.js';
import { lookForGpus, lookForProviders, whyNoGpu } from '../../talker/load/gpus.js';
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

/** An instance of MIG is named by its UUID too, by which `CUDA_VISIBLE_DEVICES` takes another one. */
function lineOf(report: GpuReport, index: number): string {
  const { name, uuid, capability, multiprocessors, bytes: total, free, error, wrong } = report;
  const named = uuid.startsWith('MIG-') ? `${name} (${uuid})` : name;
  const parts = [`capability ${(capability / 10).toFixed(1)}`, `${multiprocessors} multiprocessors`];
  const gpu = `cuda:${index} ${[named, ...parts, bytes(total)].join(', ')}`;
  if (error !== '') return `${gpu}, cannot be used`;
  return `${gpu} (${bytes(free)} free), self-test ${wrong === '' ? 'passed' : `failed: ${wrong}`}`;
}

/** 13020 is 13.2. */
function versionOf(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** What `engine: 'onnxruntime'` and `tensorrt:N` need: which library is missing, and what to install. */
export const providers: Check = {
  name: 'GPU providers',
  async look(signal) {
    const none = whyNoGpu();
    if (none !== undefined) return { state: 'note', found: none };
    const report = await lookForProviders(signal);
    if ('problem' in report) return { ...failed(new Error(report.problem)), state: 'note' };
    const advice = report.cuda.error || report.tensorrt.error;
    const found = `CUDA ${stateOf(report.cuda)}; TensorRT ${stateOf(report.tensorrt)}`;
    return { state: advice ? 'note' : 'ok', found, ...(advice && { advice }), details: report };
  },
};

function stateOf({ library, form, error }: ProviderReport): string {
  if (library === '') return 'not there';
  const state = error === '' ? 'ready' : 'cannot be loaded';
  return form === 'plugin' ? `${state} (plugin)` : state;
}
