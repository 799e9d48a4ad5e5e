import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../programs/check-onnx.py', import.meta.url));

/** A Python that has the package onnx: the one that `KDTALKER_PYTHON` names, or the system's. */
const python = [process.env.KDTALKER_PYTHON, 'python3'].find(
  (program) => program && spawnSync(program, ['-c', 'import onnx']).status === 0,
);

/** Why ONNX's own checker cannot be asked; false if it can. */
export const NEEDS_CHECKER =
  python === undefined && 'no Python with the package onnx: name one in KDTALKER_PYTHON (pip install onnx)';

/** What ONNX's own checker says of each model, '' if it is right. */
export async function checkedByOnnx(files: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(python!, [PROGRAM, ...files]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { error: string }).error);
}
