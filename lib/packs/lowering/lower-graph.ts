import type { EditableGraph } from '../onnx/index.js';
import { DOMAIN, DOMAIN_VERSION } from './domain.js';
import type { Pass } from './pass.js';
import { PASSES } from './passes/index.js';
import type { Precision } from './precision.js';
import { Shapes } from './shapes.js';
import type { LayOutWeights } from './weight-layout.js';

/** What a graph is lowered for. */
export interface GraphTarget {
  precision: Precision;
  layOutWeights: LayOutWeights;
}

/**
 * Rewrites a graph with the engine's own operators; inputs and outputs keep their names and shapes.
 *
 * @returns how many patterns each pass found; all zero: the graph is as it was
 */
export async function lowerGraph(
  graph: EditableGraph,
  target: GraphTarget,
  passes: readonly Pass[] = PASSES,
): Promise<Map<string, number>> {
  const found = new Map(passes.map(({ name }) => [name, 0]));
  if (!isPlain(graph)) return found;
  const context = { graph, shapes: new Shapes(graph), exact: new Set<string>(), ...target };
  for (const pass of passes) {
    found.set(pass.name, await pass.run(context));
    graph.prune(); // what was replaced must not count as a user in the next pass
  }
  if ([...found.values()].some((count) => count > 0)) graph.opsets.set(DOMAIN, DOMAIN_VERSION);
  return found;
}

/** Of standard operators alone, and no graphs within the graph, whose use of values nobody sees. */
function isPlain(graph: EditableGraph): boolean {
  return !graph.hasSubgraphs && graph.nodes.every(({ domain }) => domain === '');
}
