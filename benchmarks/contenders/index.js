// Who is measured. A contender runs in the folder of its name in `code`, whose index.js exports `tasks`: `available`, `verify` and
// what workloads ask for, by name. The first two are this library; ratios are its speed over that of the others.

/**
 * name: in the report; label: in the table; load: options of Talker.load() where this library's engine runs it; precision: of its
 * arithmetic; ours: whether it is what is to be shown.
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

/** What the others' output is compared with: the pack's graphs as they are, in float32. */
export const REFERENCE = 'ort';

export const contenderOf = (name) => CONTENDERS.find((contender) => contender.name === name);

/** The tasks of a contender. Only a process of its own loads it. */
export async function loadTasks(code) {
  const { tasks } = await import(`./${code}/index.js`);
  return tasks;
}
