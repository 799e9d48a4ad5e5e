import { DATA_TYPE, type EditableGraph, type EditableNode } from '../onnx/index.js';
import { textOf } from './attributes.js';
import { canCross, infoOf } from './portrait-split.js';
import { Shapes } from './shapes.js';

/** Increases with every change of what {@link splitSamplings} returns. */
export const SPLIT_VERSION = 1;

/** A part of a graph. Values between two parts have the same name in both. */
export interface GraphPart {
  graph: EditableGraph;
  /** Whether it is nothing but samplings, which our own kernels compute. */
  sampling: boolean;
}

/**
 * Splits a graph at the samplings that TensorRT lacks: those of volumes, since it takes GridSample of four axes only (its list of operators for
 * ONNX, of version 10). The parts run one after the other.
 *
 * @returns undefined, with the graph unchanged, if there are no such samplings, or a value between the parts is not surely float32 of a
 *   known shape: the sampling is then left to whatever provider comes after TensorRT
 */
export function splitSamplings(graph: EditableGraph): GraphPart[] | undefined {
  if (graph.hasSubgraphs) return undefined;
  const shapes = new Shapes(graph);
  const samplings = new Set(graph.nodes.filter((node) => isOfVolume(node, shapes)));
  if (samplings.size === 0 || graph.outputs.some(({ name }) => !graph.producer(name))) return undefined;
  const split = new Split(graph, shapes, stagesOf(graph, samplings));
  return split.isKnown() ? split.parts() : undefined;
}

/** In a form that our kernel has. */
function isOfVolume(node: EditableNode, shapes: Shapes): boolean {
  return (
    node.type === 'GridSample' &&
    node.domain === '' &&
    shapes.of(node.inputs[0] ?? '')?.length === 5 &&
    ['linear', 'bilinear', 'nearest'].includes(textOf(node, 'mode', 'linear')) &&
    ['zeros', 'border'].includes(textOf(node, 'padding_mode', 'zeros'))
  );
}

/** When each node can run, as early as possible: samplings at odd times, all others at even ones. */
function stagesOf(graph: EditableGraph, samplings: ReadonlySet<EditableNode>): Map<EditableNode, number> {
  const stages = new Map<EditableNode, number>();
  for (const node of graph.sorted()) {
    let stage = samplings.has(node) ? 1 : 0;
    for (const input of node.inputs) {
      const maker = graph.producer(input);
      if (!maker) continue;
      const same = samplings.has(maker) === samplings.has(node);
      stage = Math.max(stage, stages.get(maker)! + (same ? 0 : 1));
    }
    stages.set(node, stage);
  }
  return stages;
}

class Split {
  readonly #graph: EditableGraph;
  readonly #shapes: Shapes;
  readonly #stages: ReadonlyMap<EditableNode, number>;

  constructor(graph: EditableGraph, shapes: Shapes, stages: ReadonlyMap<EditableNode, number>) {
    this.#graph = graph;
    this.#shapes = shapes;
    this.#stages = stages;
  }

  /** Whether every value that a later part reads can be a tensor between two networks. */
  isKnown(): boolean {
    return [...this.#stages.keys()].every(
      (node) => !node.outputs.some((value) => this.#crosses(value)) || canCross(this.#shapes, node, false),
    );
  }

  parts(): GraphPart[] {
    const stages = [...new Set(this.#stages.values())].sort((a, b) => a - b);
    return stages.map((stage) => ({ graph: this.#part(stage), sampling: stage % 2 === 1 }));
  }

  #part(stage: number): EditableGraph {
    const part = this.#graph.emptyCopy(`${this.#graph.name}-${stage + 1}`);
    const nodes = [...this.#stages].filter(([, at]) => at === stage).map(([node]) => node);
    for (const node of nodes) part.adopt(node, this.#graph);
    for (const value of new Set(nodes.flatMap(({ inputs }) => inputs))) {
      if (value && !part.constants.has(value) && !part.producer(value)) part.addInput(this.#infoOf(value));
    }
    for (const value of nodes.flatMap(({ outputs }) => outputs)) {
      if (this.#graph.isOutput(value) || this.#crosses(value)) part.addOutput(this.#infoOf(value));
    }
    return part;
  }

  #crosses(value: string): boolean {
    const made = this.#stages.get(this.#graph.producer(value)!);
    return this.#graph.users(value).some((user) => this.#stages.get(user) !== made);
  }

  /** As the graph lists it, or as a value between two parts. */
  #infoOf(value: string) {
    const listed = [...this.#graph.inputs, ...this.#graph.outputs].find(({ name }) => name === value);
    return listed ?? infoOf(value, this.#shapes.of(value)!, DATA_TYPE.float32);
  }
}
