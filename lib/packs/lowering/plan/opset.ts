import { KdtalkerError } from '../../../errors.js';
import type { EditableGraph } from '../../onnx/index.js';

/** The version of the standard set from which on all operators mean what they mean here, and the oldest that files of others have. */
const [NEWEST, OLDEST] = [13, 11];
/** Operators that meant something else, or took other inputs, before {@link NEWEST}. */
const CHANGED = new Set(['Softmax', 'Squeeze', 'Unsqueeze', 'ReduceSum', 'Split']);

/** @throws KdtalkerError OPERATOR_UNSUPPORTED for a set of operators that plans do not know */
export function checkOpset(graph: EditableGraph, role: string): void {
  const opset = graph.opsets.get('') ?? 0;
  const changed = graph.nodes.find(({ type, domain }) => domain === '' && CHANGED.has(type));
  if (opset >= NEWEST || (opset >= OLDEST && !changed)) return;
  const [least, what] = opset < OLDEST ? [OLDEST, 'operators'] : [NEWEST, changed!.type];
  throw new KdtalkerError(
    'OPERATOR_UNSUPPORTED',
    `Expected ${what} of opset ${least} or later for role '${role}' but received opset ${opset}`,
  );
}
