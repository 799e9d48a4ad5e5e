import type { EditableGraph, EditableNode } from '../onnx/index.js';
import { DATA_TYPE } from '../onnx/index.js';
import type { ValueInfoMessage } from '../onnx/proto.js';
import { DOMAIN } from './domain.js';
import { Shapes } from './shapes.js';
import { STANDARD_SHAPES } from './standard-shapes.js';

/** The result of a split. */
export interface PortraitSplit {
  /** Computes the shared values from the portrait's inputs. */
  portrait: EditableGraph;
  /** The shared values: outputs of the portrait's graph and inputs of the remaining graph. */
  crossing: string[];
}

/** Operators that only change the view of a value, or copy it. */
const FREE = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);
/** Operators of the domain `kdtalker` that return float32 in every precision; a device's tensors have no other form. */
const FLOAT = new Set(['Unblock', 'CellsFirst']);

/**
 * Moves the nodes that depend on the portrait alone out of a graph, so that they run once per portrait instead of once per frame. The
 * remaining graph receives the shared values as inputs.
 *
 * @param inputs names of the inputs that a portrait sets
 * @returns undefined when nothing would be saved; the graph is then unchanged
 */
export function splitPortrait(graph: EditableGraph, inputs: readonly string[]): PortraitSplit | undefined {
  const shapes = new Shapes(graph);
  const own = portraitNodes(graph, shapes, inputs);
  if ([...own].every(({ type, domain }) => domain === '' && FREE.has(type))) return undefined;
  const crossing = crossingValues(graph, own);
  if (!crossing.length) return undefined;
  const infos = crossing.map((name) => floatInfo(name, shapes.of(name)!));
  const portrait = portraitGraph(graph, own, infos);
  for (const info of infos) graph.addInput(info);
  graph.prune();
  return { portrait, crossing };
}

/** The nodes whose inputs are only constants and at least one value of the portrait. */
function portraitNodes(graph: EditableGraph, shapes: Shapes, inputs: readonly string[]): Set<EditableNode> {
  const values = new Set(inputs);
  const own = new Set<EditableNode>();
  for (const node of graph.sorted()) {
    const given = node.inputs.filter((input) => input && !graph.constants.has(input));
    if (!given.length || !given.every((input) => values.has(input)) || !givesFloats(shapes, node)) continue;
    own.add(node);
    for (const output of node.outputs) values.add(output);
  }
  return own;
}

function givesFloats(shapes: Shapes, node: EditableNode): boolean {
  const known = node.domain === DOMAIN ? FLOAT.has(node.type) : node.type in STANDARD_SHAPES;
  return known && node.type !== 'Cast' && node.outputs.every((output) => shapes.of(output));
}

function crossingValues(graph: EditableGraph, own: ReadonlySet<EditableNode>): string[] {
  const outputs = [...own].flatMap(({ outputs }) => outputs);
  const needed = (value: string) =>
    graph.isOutput(value) || graph.users(value).some((user) => !own.has(user));
  // An output of the graph has to be made in the graph.
  return outputs.some((value) => graph.isOutput(value)) ? [] : outputs.filter(needed);
}

function portraitGraph(
  graph: EditableGraph,
  own: ReadonlySet<EditableNode>,
  crossing: readonly ValueInfoMessage[],
): EditableGraph {
  const portrait = graph.emptyCopy(`${graph.name}-portrait`);
  for (const node of own) portrait.adopt(node, graph);
  for (const info of graph.inputs) if (portrait.users(info.name).length) portrait.addInput(info);
  for (const info of crossing) portrait.addOutput(info);
  portrait.prune();
  return portrait;
}

function floatInfo(name: string, shape: readonly number[]): ValueInfoMessage {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: DATA_TYPE.float32, shape: { dim } } } };
}
