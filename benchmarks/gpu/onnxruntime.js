// One task of contenders.js: the networks of a frame in onnxruntime-node with its CUDA provider, or that of the processor, from host memory to host
// memory as its interface has it. Prints {rows: [{precision, ms}]} or {refused}.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const FRAME_ROLES = ['render', 'warp', 'decode'];
const ARRAYS = { float32: Float32Array, int64: BigInt64Array };

const providerOf = (device) =>
  device === 'cpu' ? 'cpu' : { name: 'cuda', deviceId: Number(device.split(':')[1] ?? 0) };

async function measure({ pack, device, warm, count }) {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const { roles } = JSON.parse(readFileSync(path.join(pack, 'pack.json'), 'utf8'));
  const options = { executionProviders: [providerOf(device)] };
  const runs = [];
  for (const role of FRAME_ROLES.filter((name) => roles[name])) {
    const session = await InferenceSession.create(path.join(pack, roles[role].file), options);
    runs.push({ session, feeds: feedsOf(session, Tensor) });
  }
  const frame = async () => {
    for (const { session, feeds } of runs) await session.run(feeds);
  };
  for (let i = 0; i < warm; i++) await frame();
  const begun = performance.now();
  for (let i = 0; i < count; i++) await frame();
  return { rows: [{ precision: 'fp32', ms: (performance.now() - begun) / count }] };
}

/** Numbers without a meaning: the time does not depend on them. */
function feedsOf(session, Tensor) {
  const feeds = session.inputMetadata.map(({ name, type, shape }) => {
    const dims = shape.map((length) => (typeof length === 'number' && length > 0 ? length : 1));
    const data = new ARRAYS[type](dims.reduce((product, length) => product * length, 1));
    return [name, new Tensor(type, data, dims)];
  });
  return Object.fromEntries(feeds);
}

let told;
try {
  told = await measure(JSON.parse(process.argv[2]));
} catch (error) {
  told = { refused: String(error.message).split('\n', 1)[0] };
}
console.log(JSON.stringify(told));
