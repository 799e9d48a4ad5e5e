import { relative } from 'node:path';
import { addonFile, PACKAGE, type RuntimeSource, runtimeLibraries } from '../../installed.js';
import { type Check, failed } from './check.js';

/** Errors of opening the runtime, which happens after the addon is loaded. */
const AFTER_ADDON = ['RUNTIME_NOT_FOUND', 'NATIVE'];

export const addon: Check = {
  name: 'addon',
  async look() {
    const { native } = await import('../../binding.js');
    try {
      native();
    } catch (error) {
      if (!AFTER_ADDON.includes((error as { code: string }).code)) throw error;
    }
    const file = addonFile();
    const kind = /[\\/]build[\\/]/.test(file) ? 'built on this machine' : 'prebuilt';
    return { state: 'ok', found: `${kind}, ${relative(PACKAGE, file)}`, details: { file } };
  },
};

const SOURCES: Record<RuntimeSource, string> = {
  KDTALKER_ORT: 'KDTALKER_ORT',
  prebuilds: 'the package itself',
  'onnxruntime-node': 'onnxruntime-node',
};

export const runtime: Check = {
  name: 'ONNX Runtime',
  async look() {
    const { native } = await import('../../binding.js');
    const { library, version } = native().runtime;
    const { source } = runtimeLibraries();
    return {
      state: 'ok',
      found: `${version}, from ${SOURCES[source]}`,
      details: { library, version, source },
    };
  },
};

/** Loads the built-in pack on a device, which alone proves that the device works. Only the CPU is required. */
function device(name: string): Check {
  return {
    name: `device ${name}`,
    async look(signal) {
      const { Talker } = await import('../../talker/talker.js');
      try {
        const talker = await Talker.load('puppet', { device: name, threads: 1, signal });
        await talker.close();
        return { state: 'ok', found: name === 'guarded' ? 'works (for tests)' : 'works' };
      } catch (error) {
        if (name === 'cpu' || signal.aborted) throw error;
        const { found, details } = failed(error);
        return { state: 'note', found, ...(details && { details }) };
      }
    },
  };
}

/** GPUs have a check of their own, in another process. */
export const devices: readonly Check[] = ['cpu', 'guarded'].map(device);
