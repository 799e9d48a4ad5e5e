import type { EditableGraph, EditableNode } from '../onnx/index.js';
import { DATA_TYPE } from '../onnx/index.js';
import type { ValueInfoMessage } from '../onnx/proto.js';
import { DOMAIN } from './domain.js';
import { Shapes } from './shapes.js';
import { STANDARD_SHAPES } from './standard-shapes.js';

/** What a split gives. */
export interface PortraitSplit {
  /** Makes, of the portrait's inputs, what crosses over. */
  portrait: EditableGraph;
  /** Values that are outputs there and inputs of what is left here. */
  crossing: string[];
}

/** Operators that only say how a value is seen, or copy it. */
const FREE = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);
/** Operators of ours that give float32 in every precision; a device's tensors have no other form. */
const FLOAT = new Set(['Unblock', 'CellsFirst']);

/**
 * Takes out of a graph what depends on the portrait alone, so that it is done once a portrait instead of once a frame; what is left has
 * what crosses over as inputs of its own.
 *
 * @param inputs names of the inputs that a portrait sets
 * @returns undefined where nothing would be saved; the graph is then as it was
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

/** The nodes whose inputs are constants and values of the portrait, one at least. */
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
