import { native } from '../../dist/binding.js';

/** What runs a pack's networks on a GPU besides plans, with the device and options that ask for it. */
const PROVIDERS = {
  cuda: (number) => ({ engine: 'onnxruntime', device: `cuda:${number}` }),
  tensorrt: (number) => ({ engine: 'tensorrt', device: `tensorrt:${number}` }),
};

/**
 * The providers of ONNX Runtime that can be used here.
 *
 * @returns {found: [{engine, device}], refused: [{name, why}]}
 */
export async function providersOf(device) {
  const number = Number(device.split(':')[1] ?? 0);
  const found = [];
  const refused = [];
  for (const [provider, way] of Object.entries(PROVIDERS)) {
    const { error } = await native().examineProvider(provider);
    if (error === '') found.push(way(number));
    else refused.push({ name: `engine ${way(number).engine}`, why: error });
  }
  return { found, refused };
}
