import { EditableGraph, type EditableNode, type Graph, type StoredTensor } from '../onnx/index.js';
import { attributesText } from './attributes.js';
import type { PassContext } from './pass.js';

/** Operators whose two inputs may come in either order. */
const COMMUTATIVE = new Set(['Add', 'Mul']);

/** The values of a graph that match the names of a template. */
export type Bindings = ReadonlyMap<string, string>;

/**
 * A part of a network to find in graphs. The same code builds the template and the network, so they are equal when the graph contains
 * the part. Its inputs match any value of the given shape; its constants must be equal bit for bit.
 */
export class Template {
  readonly #graph: EditableGraph;

  /** @param build adds the part to a graph and returns its output */
  constructor(part: Graph) {
    this.#graph = EditableGraph.parse(part.toBytes());
  }

  /** Its last operator. */
  get end(): EditableNode {
    return this.#graph.producer(this.#graph.outputs[0]!.name)!;
  }

  /** The values that match the template's inputs if `value` is the part's output; undefined otherwise. */
  async match(context: PassContext, value: string): Promise<Bindings | undefined> {
    return this.#matchValue(context, this.#graph.outputs[0]!.name, value, new Map());
  }

  async #matchValue(
    context: PassContext,
    wanted: string,
    value: string,
    bindings: Bindings,
  ): Promise<Bindings | undefined> {
    const bound = bindings.get(wanted);
    if (bound !== undefined) return bound === value ? bindings : undefined;
    const with_ = new Map(bindings).set(wanted, value);
    if (wanted === '' || value === '') return wanted === value ? bindings : undefined;
    const constant = this.#graph.constants.get(wanted);
    if (constant)
      return (await sameConstant(constant, context.graph.constants.get(value))) ? with_ : undefined;
    const node = this.#graph.producer(wanted);
    if (!node) return this.#fitsInput(context, wanted, value) ? with_ : undefined;
    const found = context.graph.producer(value);
    return found && sameOperator(node, found) && outputsAlike(node, wanted, found, value)
      ? this.#matchInputs(context, node, found, with_)
      : undefined;
  }

  async #matchInputs(
    context: PassContext,
    node: EditableNode,
    found: EditableNode,
    bindings: Bindings,
  ): Promise<Bindings | undefined> {
    const straight = await this.#matchAll(context, node.inputs, found.inputs, bindings);
    if (straight || !COMMUTATIVE.has(node.type)) return straight;
    return this.#matchAll(context, node.inputs, [...found.inputs].reverse(), bindings);
  }

  async #matchAll(
    context: PassContext,
    wanted: readonly string[],
    values: readonly string[],
    bindings: Bindings,
  ): Promise<Bindings | undefined> {
    let current: Bindings | undefined = bindings;
    for (const [i, name] of wanted.entries()) {
      current = await this.#matchValue(context, name, values[i]!, current);
      if (!current) return undefined;
    }
    return current;
  }

  /** An axis that has a name in the template may have any length. */
  #fitsInput({ shapes }: PassContext, wanted: string, value: string): boolean {
    const info = this.#graph.inputs.find(({ name }) => name === wanted)!;
    const dims = info.type!.tensorType!.shape!.dim;
    const shape = shapes.of(value);
    if (shape?.length !== dims.length) return false;
    return dims.every(({ dimValue }, axis) => dimValue === undefined || dimValue === shape[axis]);
  }
}

function sameOperator(a: EditableNode, b: EditableNode): boolean {
  const same = a.type === b.type && a.domain === b.domain && a.inputs.length === b.inputs.length;
  return same && attributesText(a) === attributesText(b);
}

function outputsAlike(a: EditableNode, wanted: string, b: EditableNode, value: string): boolean {
  return a.outputs.length === b.outputs.length && a.outputs.indexOf(wanted) === b.outputs.indexOf(value);
}

async function sameConstant(a: StoredTensor, b: StoredTensor | undefined): Promise<boolean> {
  if (b?.dataType !== a.dataType || a.dims?.join() !== b.dims?.join()) return false;
  return Buffer.compare(await a.read(), await b.read()) === 0;
}
