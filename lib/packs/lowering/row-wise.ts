import type { EditableGraph, EditableNode } from '../onnx/index.js';
import type { Pack } from '../pack.js';
import { openGraph } from './lower-pack.js';

/** Operators that compute each number from one number. */
const OF_EACH = new Set([
  ...['Abs', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish', 'Identity', 'LeakyRelu', 'Log', 'Mish'],
  ...['Neg', 'Reciprocal', 'Relu', 'Sigmoid', 'Softplus', 'Sqrt', 'Tanh'],
]);
/** Operators that compute each number from two. */
const OF_TWO = new Set(['Add', 'Div', 'Max', 'Min', 'Mul', 'Pow', 'Sub']);

/** Whether what a pack's role `condition` makes of a frame depends on that frame alone; false without the role. @throws PACK_DAMAGED */
export async function conditionIsRowWise(pack: Pack): Promise<boolean> {
  const role = pack.manifest.roles.condition;
  if (role === undefined) return false;
  return isRowWise(await openGraph(pack.file('condition')), role.inputs.audio, role.outputs.condition);
}

/**
 * Whether each row of a network's output depends on the same row of its input alone: both are [1, rows, n], and all between is
 * computed number by number, or is a product with a constant matrix. What this does not know it takes to mix rows.
 */
export function isRowWise(graph: EditableGraph, input: string, output: string): boolean {
  const rows = new Set([input]);
  for (const node of graph.sorted()) if (keepsRows(graph, node, rows)) rows.add(node.outputs[0]!);
  return rows.has(output);
}

/** Whether a node's output has rows as its inputs have them. */
function keepsRows(graph: EditableGraph, node: EditableNode, rows: ReadonlySet<string>): boolean {
  const { type, domain, inputs } = node;
  if (domain !== '' || !inputs.some((value) => rows.has(value))) return false;
  if (OF_EACH.has(type)) return true;
  const dims = (value: string) => graph.constants.get(value)?.dims;
  if (OF_TWO.has(type)) return inputs.every((value) => rows.has(value) || isOneRow(dims(value)));
  return type === 'MatMul' && rows.has(inputs[0]!) && dims(inputs[1]!)?.length === 2;
}

/** Whether a constant is the same for all rows. */
function isOneRow(dims: readonly number[] | undefined): boolean {
  return dims !== undefined && dims.length <= 3 && dims.slice(0, -1).every((length) => length === 1);
}
