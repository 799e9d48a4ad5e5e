import type { EditableGraph } from '../onnx/index.js';
import { DOMAIN, DOMAIN_VERSION } from './domain.js';
import type { Pass } from './pass.js';
import { PASSES } from './passes/index.js';
import type { Precision } from './precision.js';
import { Shapes } from './shapes.js';
import type { LayOutWeights } from './weight-layout.js';

/** The target of lowering a graph. */
export interface GraphTarget {
  precision: Precision;
  /** Absent in fp16, whose weights a plan packs. */
  layOutWeights?: LayOutWeights | undefined;
}

/**
 * Rewrites a graph with the engine's own operators; inputs and outputs keep their names and shapes.
 *
 * @returns how many patterns each pass found; if all are zero, the graph is unchanged
 */
export async function lowerGraph(
  graph: EditableGraph,
  target: GraphTarget,
  passes: readonly Pass[] = PASSES,
): Promise<Map<string, number>> {
  const found = new Map(passes.map(({ name }) => [name, 0]));
  if (!isPlain(graph)) return found;
  const context = { graph, shapes: new Shapes(graph), exact: new Set<string>(), ...target };
  for (const [i, pass] of passes.entries()) {
    const count = await pass.run(context);
    found.set(pass.name, count);
    // Neither replaced nodes nor those that were of no use from the beginning count as users in the next pass.
    if (count > 0 || i === 0) graph.prune();
  }
  if ([...found.values()].some((count) => count > 0)) graph.opsets.set(DOMAIN, DOMAIN_VERSION);
  return found;
}

/** Whether a graph has only standard operators and no subgraphs, whose use of values is hidden. */
function isPlain(graph: EditableGraph): boolean {
  return !graph.hasSubgraphs && graph.nodes.every(({ domain }) => domain === '');
}
