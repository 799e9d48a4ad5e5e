import { join } from 'node:path';
import { invalidArgument } from '../../errors.js';
import { cacheDirectory } from '../../packs/cache-directory.js';
import { keyOf } from '../../packs/lowering/cache-key.js';
import type { Provided } from '../../packs/native-options.js';
import type { Pack } from '../../packs/pack.js';

/** What runs networks on a GPU: the library's own plans, or ONNX Runtime with a provider for GPUs. */
export type Engine = 'plan' | 'onnxruntime';

/** The options of `Talker.load()` that depend on the engine. */
interface EngineOptions {
  device: string;
  engine?: Engine | undefined;
  deviceMemory?: number | undefined;
}

/** Whether a device is a GPU, whatever runs its networks. */
export const isGpu = (device: string) => /^(cuda|tensorrt)(:|$)/.test(device);
const isTensorRt = (device: string) => /^tensorrt(:|$)/.test(device);

/** Whether ONNX Runtime runs the networks on a GPU. */
export function isProvided({ device, engine }: Pick<EngineOptions, 'device' | 'engine'>): boolean {
  return isTensorRt(device) || (isGpu(device) && engine === 'onnxruntime');
}

/** Throws INVALID_ARGUMENT for options that the engine does not have. */
export function checkEngine(options: EngineOptions): void {
  const { device, engine, deviceMemory } = options;
  const of = 'the options of Talker.load()';
  if (engine !== undefined && !isGpu(device))
    throw invalidArgument("device 'cuda:N' or 'tensorrt:N' with an engine", of, device);
  if (engine === 'plan' && isTensorRt(device))
    throw invalidArgument("engine 'onnxruntime' on device 'tensorrt:N'", of, engine);
  if (!isProvided(options)) return;
  if (deviceMemory !== undefined)
    throw invalidArgument(
      "no deviceMemory with engine 'onnxruntime', which allocates itself",
      of,
      deviceMemory,
    );
}

/** The provider of a device, and where it keeps what it builds: TensorRT's engines take minutes. */
export function providedFor(pack: Pack, device: string): Provided {
  if (!isTensorRt(device)) return { provider: 'cuda', cache: '' };
  const directory = cacheDirectory();
  return {
    provider: 'tensorrt',
    cache: directory === undefined ? '' : join(directory, 'tensorrt', keyOf(pack, ['tensorrt'])),
  };
}
