// The contenders. A contender runs in the folder named by `code`, whose index.js exports `tasks` by name: `available`, `verify` and the
// tasks of the workloads. The first two are this library; ratios divide its speed by that of the others.

/**
 * name: in the report; label: in the table; load: options of Talker.load() if this library's engine runs it; precision: of its arithmetic;
 * ours: whether it is this library with lowered networks.
 */
export const CONTENDERS = [
  {
    name: 'fp32',
    label: 'kdtalker fp32',
    code: 'kdtalker',
    precision: 'fp32',
    ours: true,
    load: { precision: 'fp32' },
  },
  {
    name: 'bf16',
    label: 'kdtalker bf16',
    code: 'kdtalker',
    precision: 'bf16',
    ours: true,
    load: { precision: 'bf16' },
  },
  {
    name: 'ort',
    label: 'ONNX Runtime',
    code: 'kdtalker',
    precision: 'fp32',
    load: { lowering: false },
  },
  { name: 'ortnode', label: 'onnxruntime-node', code: 'ortnode', precision: 'fp32' },
  { name: 'torch-fp32', label: 'PyTorch fp32', code: 'torch', precision: 'fp32' },
  { name: 'torch-bf16', label: 'PyTorch bf16', code: 'torch', precision: 'bf16' },
];

/** The reference for the others' output: the pack's unmodified graphs, in float32. */
export const REFERENCE = 'ort';

export const contenderOf = (name) => CONTENDERS.find((contender) => contender.name === name);

/** The tasks of a contender. Only the contender's own process loads them. */
export async function loadTasks(code) {
  const { tasks } = await import(`./${code}/index.js`);
  return tasks;
}
