import { native } from '../../dist/binding.js';
import { KdtalkerError } from '../../dist/errors.js';

/** Patterns of names for which {@link GPUS} of the plan's budget has rates. An H200 computes as an H100 does. */
const KNOWN = { 'RTX 4090': /RTX 4090/, 'H100 SXM': /H[12]00/, L4: /\bL4\b/ };

/**
 * The GPU of a device.
 *
 * @returns {name, capability, bytes, driver, runtime, rates, text}; `rates` is its name in the budget, absent if that does not know it
 */
export async function gpuOf(device) {
  const { driver, runtime, gpus } = await native().examineGpus();
  const index = Number(device.split(':')[1] ?? 0);
  if (gpus[index] === undefined)
    throw new KdtalkerError(
      'DEVICE_UNAVAILABLE',
      `Expected a GPU for device '${device}' but found ${gpus.length}`,
    );
  const { name, capability, bytes } = gpus[index];
  const rates = Object.keys(KNOWN).find((each) => KNOWN[each].test(name));
  const text = `${name}, capability ${(capability / 10).toFixed(1)}, ${(bytes / 1e9).toFixed(1)} GB, driver for CUDA ${(driver / 1000).toFixed(1)}`;
  return { name, capability, bytes, driver, runtime, ...(rates && { rates }), text };
}
