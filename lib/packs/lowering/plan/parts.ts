import type { EditableNode } from '../../onnx/index.js';
import { fromFront, intOf } from '../attributes.js';
import type { Part, Planner } from './planner.js';

/**
 * The values that an operation can write where a `Concat` wants them.
 *
 * @param planner of the same graph without parts: it knows which values operations write, and all lengths
 */
export function partsOf(planner: Planner): Map<string, Part> {
  const parts = new Map<string, Part>();
  const joins = planner.graph.sorted().filter(({ type, domain }) => type === 'Concat' && domain === '');
  for (const node of joins.reverse())
    for (const [name, part] of partsOfJoin(planner, node)) if (!parts.has(name)) parts.set(name, part);
  return parts;
}

function partsOfJoin(planner: Planner, node: EditableNode): [string, Part][] {
  const { inputs, outputs } = node;
  const whole = outputs[0]!;
  if (!planner.written.has(whole)) return [];
  const dims = planner.dimsOf(whole);
  const axis = fromFront(intOf(node, 'axis', 0), dims.length);
  const parts: [string, Part][] = [];
  let start = 0;
  for (const name of inputs) {
    const once = inputs.filter((input) => input === name).length === 1;
    const free = planner.written.has(name) && !planner.graph.isOutput(name);
    if (once && free) parts.push([name, { whole, dims, axis, start }]);
    start += planner.dimsOf(name)[axis]!;
  }
  return parts;
}
