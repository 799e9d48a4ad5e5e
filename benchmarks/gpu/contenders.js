// Other programs on the same GPU, in the same run. Each runs in a process of its own and times the networks of a frame alone: onnxruntime-node
// with its CUDA provider, PyTorch as it comes, and torch.compile with CUDA graphs. What is not there is left out, with the reason.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = (name) => fileURLToPath(new URL(name, import.meta.url));
/** torch.compile tries kernels for minutes. */
const TIMEOUT_MS = 1_800_000;

/**
 * Rows of one pack.
 *
 * @param given.pack folder
 * @param given.checkpoints folder for PyTorch; undefined: none of this pack
 * @param given.device 'cuda:N'
 * @returns [{name, precision, ms}] or [{name, refused}]
 */
export async function contendersOnGpu({ pack, checkpoints, device, frames, signal }) {
  const number = Number(device.split(':')[1] ?? 0);
  const common = { number, warm: 10, count: frames };
  const ort = await ask(process.execPath, 'onnxruntime.js', { ...common, pack }, signal);
  const rows = named('onnxruntime-node, CUDA provider', ort);
  const python = process.env.KDTALKER_PYTHON;
  for (const [name, compiled] of [
    ['PyTorch', false],
    ['torch.compile, CUDA graphs', true],
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

/** What a program prints in its last line, as JSON; an end with an error is a refusal. */
async function ask(runner, file, settings, signal) {
  try {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 1 << 26, ...(signal && { signal }) };
    const { stdout } = await promisify(execFile)(runner, [program(file), JSON.stringify(settings)], options);
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch (error) {
    if (signal?.aborted) throw error;
    const said = String(error.stderr ?? '')
      .trim()
      .split('\n')
      .at(-1);
    return { refused: said || error.message };
  }
}
