import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orAborted } from '../../abort.js';
import { native } from '../../binding.js';
import { neededCacheDirectory } from '../../packs/cache-directory.js';
import { idleRoles } from '../../packs/lowering/idle-roles.js';
import { openRoles } from '../../packs/lowering/plan/plan-pack.js';
import type { Precision } from '../../packs/lowering/precision.js';
import { nativeTalkerOptions } from '../../packs/native-options.js';
import { type Pack, rolesOf } from '../../packs/pack.js';
import { providedFor } from './engine.js';
import { checkGpu, type LowerOptions, provideFor } from './lowering.js';

/** TensorRT's engines of a pack. */
export interface BuiltEngines {
  /** With a folder for each version of ONNX Runtime and TensorRT, and each compute capability. */
  directory: string;
  networks: string[];
  bytes: number;
}

/**
 * Has TensorRT build its engines for a pack on this GPU, or finds them, one network after the other; each takes minutes. A length that clips
 * choose is the pack's own.
 *
 * @param options.onProgress called after each network
 * @throws KdtalkerError what `Talker.load()` says of device `'tensorrt:N'`, and OUTPUT_UNWRITABLE without a folder for a cache
 */
export async function buildEngines(
  pack: Pack,
  device: string,
  precision: Precision,
  options: LowerOptions,
): Promise<BuiltEngines> {
  neededCacheDirectory();
  await checkGpu(device, options.signal);
  const provided = providedFor(pack, device);
  const forms = await provideFor(pack, provided, { precision, lowering: true }, options);
  const idle = await idleRoles(pack);
  const given = nativeTalkerOptions(pack, { device, graphs: false, provided, idle, ...forms });
  const networks = rolesOf(pack.manifest).flatMap(([role]) => (idle.includes(role) ? [] : [role]));
  for (const [done, role] of networks.entries()) {
    const steps = openRoles(pack, 'steps').includes(role);
    const open = steps ? pack.manifest.sampler.steps : pack.manifest.sampler.window;
    const building = native().prepareRole(given, role, open);
    await orAborted(building, { signal: options.signal, what: `Building the engine of ${role}` });
    options.onProgress?.({ stage: 'lower', network: role, done: done + 1, total: networks.length });
  }
  return { directory: provided.cache, networks, bytes: await bytesIn(provided.cache) };
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => stat(join(folder, name))));
  return sizes.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
