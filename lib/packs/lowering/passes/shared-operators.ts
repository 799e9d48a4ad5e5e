import type { EditableNode } from '../../onnx/index.js';
import { attributesText } from '../attributes.js';
import { DOMAIN } from '../domain.js';
import type { Pass } from '../pass.js';

/** What two operators of ours would compute alike is computed once: the statistics of a value that is normalised twice. */
export const sharedOperators: Pass = {
  name: 'shared-operators',
  async run({ graph }) {
    const first = new Map<string, string>();
    let found = 0;
    for (const node of graph.sorted()) {
      if (node.domain !== DOMAIN) continue;
      // The inputs as they are by now: what comes earlier may have been found equal.
      const key = keyOf(node);
      const known = first.get(key);
      if (known === undefined) first.set(key, node.outputs[0]!);
      else {
        graph.replace(node.outputs[0]!, known);
        found++;
      }
    }
    return found;
  },
};

function keyOf(node: EditableNode): string {
  return JSON.stringify([node.type, node.inputs, attributesText(node)]);
}
