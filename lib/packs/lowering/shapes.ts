import type { EditableGraph } from '../onnx/index.js';
import { integersOf, numbersOf } from '../onnx/index.js';
import { BLOCKED_SHAPES } from './blocked-shapes.js';
import { DOMAIN } from './domain.js';
import type { Shape } from './shape-rule.js';
import { STANDARD_SHAPES } from './standard-shapes.js';

/**
 * Shapes of the values of a graph whose inputs have fixed lengths, with one rule per operator. The output of an operator without
 * a rule has no shape, nor do values computed from it. Shapes are computed on request, so nodes may be added at any time.
 */
export class Shapes {
  readonly #graph: EditableGraph;
  readonly #known = new Map<string, Shape>();

  constructor(graph: EditableGraph) {
    this.#graph = graph;
    for (const { name, type } of graph.inputs) {
      const dims = type?.tensorType?.shape?.dim.map(({ dimValue }) => dimValue);
      if (dims?.every((length) => length !== undefined)) this.#known.set(name, dims as number[]);
      else this.#known.set(name, undefined);
    }
  }

  of(value: string): Shape {
    const constant = this.#graph.constants.get(value);
    if (constant) return constant.dims;
    if (!this.#known.has(value)) this.#known.set(value, this.#infer(value));
    return this.#known.get(value);
  }

  #infer(value: string): Shape {
    const node = this.#graph.producer(value);
    if (!node) return undefined;
    const rules = node.domain === DOMAIN ? BLOCKED_SHAPES : node.domain === '' ? STANDARD_SHAPES : {};
    const constant = (input: number) => this.#graph.constants.get(node.inputs[input] ?? '');
    return rules[node.type]?.({
      node,
      shape: (input) => (node.inputs[input] ? this.of(node.inputs[input]) : undefined),
      integers: (input) => integersOf(constant(input)),
      numbers: (input) => numbersOf(constant(input)),
      output: node.outputs.indexOf(value),
    });
  }
}
