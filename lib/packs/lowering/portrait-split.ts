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
/** Operators of the domain `kdtalker` that return float32 in every precision. */
const FLOAT = new Set(['Unblock', 'CellsFirst']);
/** Those that return blocks of halves in fp16, which plans can pass on. Other precisions have no tensors of a device for blocks. */
const HALVES = new Set(['Block', 'Conv', 'UpConv', 'AveragePool']);

/**
 * Moves the nodes that depend on the portrait alone out of a graph, so that they run once per portrait instead of once per frame. The
 * remaining graph receives the shared values as inputs.
 *
 * @param inputs names of the inputs that a portrait sets
 * @param halves blocked values are halves, and may be shared
 * @returns undefined when nothing would be saved; the graph is then unchanged
 */
export function splitPortrait(
  graph: EditableGraph,
  inputs: readonly string[],
  { halves = false }: { halves?: boolean } = {},
): PortraitSplit | undefined {
  const shapes = new Shapes(graph);
  const own = portraitNodes(graph, inputs, (node) => canCross(shapes, node, halves));
  if ([...own].every(({ type, domain }) => domain === '' && FREE.has(type))) return undefined;
  const crossing = crossingValues(graph, own);
  if (!crossing.length) return undefined;
  const infos = crossing.map((name) =>
    infoOf(name, shapes.of(name)!, isBlocked(graph.producer(name)!) ? DATA_TYPE.float16 : DATA_TYPE.float32),
  );
  const portrait = portraitGraph(graph, own, infos);
  for (const info of infos) graph.addInput(info);
  graph.prune();
  return { portrait, crossing };
}

/** The nodes whose inputs are only constants and at least one value of the portrait, and whose outputs may be shared. */
function portraitNodes(
  graph: EditableGraph,
  inputs: readonly string[],
  canCross: (node: EditableNode) => boolean,
): Set<EditableNode> {
  const values = new Set(inputs);
  const own = new Set<EditableNode>();
  for (const node of graph.sorted()) {
    const given = node.inputs.filter((input) => input && !graph.constants.has(input));
    if (!given.length || !given.every((input) => values.has(input)) || !canCross(node)) continue;
    own.add(node);
    for (const output of node.outputs) values.add(output);
  }
  return own;
}

/**
 * Whether what a node gives is surely of a type that a device's tensors have, and of a known shape.
 *
 * @param halves blocked values are halves, which such tensors may have too
 */
export function canCross(shapes: Shapes, node: EditableNode, halves: boolean): boolean {
  const known =
    node.domain === DOMAIN
      ? FLOAT.has(node.type) || (halves && isBlocked(node))
      : node.type in STANDARD_SHAPES && node.type !== 'Cast';
  return known && node.outputs.every((output) => shapes.of(output));
}

function isBlocked({ domain, type }: EditableNode): boolean {
  return domain === DOMAIN && HALVES.has(type);
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

/** What a graph says of a tensor of this name and shape. */
export function infoOf(name: string, shape: readonly number[], elemType: number): ValueInfoMessage {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
