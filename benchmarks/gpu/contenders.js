// Other programs on the same GPU, in the same run. Each runs in a process of its own and times the networks of a frame alone: onnxruntime-node
// with its CUDA provider, PyTorch as it comes, and torch.compile with CUDA graphs. What is not there is left out, with the reason.
import { ask } from './ask.js';

/** What they are called on a GPU, and where they are tried on a processor. */
const NAMES = {
  gpu: ['onnxruntime-node, CUDA provider', 'PyTorch', 'torch.compile, CUDA graphs'],
  cpu: ['onnxruntime-node, CPU provider', 'PyTorch, CPU', 'torch.compile, CPU'],
};

/**
 * Rows of one pack.
 *
 * @param given.pack folder
 * @param given.checkpoints folder for PyTorch; undefined: none of this pack
 * @param given.device 'cuda:N'; or 'cpu', which tries the programs where there is no GPU
 * @param given.warm frames before those that are timed
 * @returns [{name, precision, ms}] or [{name, refused}]
 */
export async function contendersOnGpu({ pack, checkpoints, device, frames, warm = 10, signal }) {
  const [inOrt, inTorch, inCompiled] = NAMES[device === 'cpu' ? 'cpu' : 'gpu'];
  const common = { device: device === 'cuda' ? 'cuda:0' : device, warm, count: frames };
  const ort = await ask(process.execPath, 'onnxruntime.js', { ...common, pack }, signal);
  const rows = named(inOrt, ort);
  const python = process.env.KDTALKER_PYTHON;
  for (const [name, compiled] of [
    [inTorch, false],
    [inCompiled, true],
  ]) {
    const refused = whyNoTorch(python, checkpoints);
    const made = refused
      ? { refused }
      : await ask(python, 'torch_frames.py', { ...common, checkpoints, compiled }, signal);
    rows.push(...named(name, made));
  }
  return rows;
}

function whyNoTorch(python, checkpoints) {
  if (!python) return 'KDTALKER_PYTHON does not name a Python with PyTorch';
  if (!checkpoints) return 'there are no checkpoints of this pack for it';
  return undefined;
}

const named = (name, { refused, rows }) =>
  refused === undefined ? rows.map((row) => ({ name, ...row })) : [{ name, refused }];
