import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEVICES } from '../shared-options.js';
import { type Check, failed } from './check.js';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));

/** Errors of opening the runtime, which comes after the addon. */
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

export const runtime: Check = {
  name: 'ONNX Runtime',
  async look() {
    const { native } = await import('../../binding.js');
    const { library, version } = native().runtime;
    const source = process.env.KDTALKER_ORT ? 'KDTALKER_ORT' : 'onnxruntime-node';
    return { state: 'ok', found: `${version}, from ${source}`, details: { library, version, source } };
  },
};

/** Loads the built-in pack on a device, which is the one proof that it works. Only the CPU has to. */
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

export const devices: readonly Check[] = DEVICES.map(device);

/** The file that the loader takes; the loader is asked again because it does not tell. */
function addonFile(): string {
  const loader = createRequire(import.meta.url)('node-gyp-build') as { resolve(folder: string): string };
  return loader.resolve(PACKAGE);
}
