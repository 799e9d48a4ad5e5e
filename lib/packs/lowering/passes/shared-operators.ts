import type { EditableNode } from '../../onnx/index.js';
import { attributesText } from '../attributes.js';
import { DOMAIN } from '../domain.js';
import type { Pass } from '../pass.js';

/** Merges equal operators of the domain `kdtalker`, such as the statistics of a value that is normalised twice. */
export const sharedOperators: Pass = {
  name: 'shared-operators',
  async run({ graph }) {
    const first = new Map<string, string>();
    let found = 0;
    for (const node of graph.sorted()) {
      if (node.domain !== DOMAIN) continue;
      // The current inputs: earlier nodes may have been merged already.
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
