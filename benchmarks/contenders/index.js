// Who is measured. A contender is a folder whose index.js exports `tasks`: `verify`, and the workloads it can do, by name.
// The first is this library; ratios are its speed over that of the others.

/** Name of the folder and what the table calls it. */
export const CONTENDERS = [
  { name: 'kdtalker', label: 'kdtalker' },
  { name: 'ortnode', label: 'onnxruntime-node' },
];

/** The tasks of a contender. Only a process of its own loads it. */
export async function loadContender(name) {
  const { tasks } = await import(`./${name}/index.js`);
  return tasks;
}
