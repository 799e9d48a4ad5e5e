import {
  DATA_TYPE,
  type EditableGraph,
  type EditableNode,
  floatsOf,
  halfFromFloat,
  numbersOf,
  type StoredTensor,
} from '../onnx/index.js';

/** Increases with every change of what {@link halveGraph} writes. */
export const HALVE_VERSION = 1;

/** What is computed in half precision wherever it is, with sums in float32: nearly all of a network's multiplications. */
const COMPUTED: readonly string[] = ['Conv', 'ConvTranspose'];
/** What stays in half precision between those, where each of the values below has it already. */
const ELEMENTWISE: readonly string[] = ['Add', 'Concat', 'LeakyRelu', 'Mul', 'Relu', 'Sigmoid', 'Sub'];
/** The same of the first input alone; the others are shapes and scales. */
const OF_THE_FIRST: readonly string[] = [
  ...['AveragePool', 'DepthToSpace', 'MaxPool', 'Reshape'],
  ...['Resize', 'Squeeze', 'Transpose', 'Unsqueeze'],
];

/**
 * Rewrites a float32 graph for half precision: its convolutions, and what lies between them, take and give float16, with constants halved
 * once. Everything else stays float32, samplings too, which providers do not have in half precision; so do inputs and outputs.
 *
 * @returns the number of nodes that compute in half precision
 */
export function halveGraph(graph: EditableGraph): number {
  const halving = new Halving(graph);
  for (const node of graph.sorted()) halving.visit(node);
  graph.prune();
  return halving.count;
}

class Halving {
  count = 0;
  readonly #graph: EditableGraph;
  /** The float16 value for each float32 one that has it. */
  readonly #halves = new Map<string, string>();

  constructor(graph: EditableGraph) {
    this.#graph = graph;
  }

  visit(node: EditableNode): void {
    if (node.domain !== '' || node.outputs.length !== 1) return;
    if (COMPUTED.includes(node.type)) this.#compute(node);
    else if (ELEMENTWISE.includes(node.type)) this.#follow(node, node.inputs);
    else if (OF_THE_FIRST.includes(node.type)) this.#follow(node, node.inputs.slice(0, 1));
  }

  /** Its weights have to be constants of float32: those of float16 are what they are. */
  #compute(node: EditableNode): void {
    if (!node.inputs.slice(1).every((input) => input === '' || this.#isConstant(input))) return;
    const [data = '', ...weights] = node.inputs;
    if (!this.#halves.has(data) && !this.#isFloat(data)) return;
    this.#rewrite(node, [
      this.#half(data),
      ...weights.map((input) => (input === '' ? '' : this.#half(input))),
    ]);
  }

  #follow(node: EditableNode, values: readonly string[]): void {
    const known = (value: string) => this.#halves.has(value) || this.#isHalf(value);
    if (!values.every(known) || !values.some((value) => this.#halves.get(value) && !this.#isConstant(value)))
      return;
    this.#rewrite(node, [...values.map((value) => this.#half(value)), ...node.inputs.slice(values.length)]);
  }

  /** Later users have the value in both types; what nobody uses is pruned in the end. */
  #rewrite(node: EditableNode, inputs: string[]): void {
    const graph = this.#graph;
    const [output] = node.outputs as [string];
    const half = graph.claim(`${output}:half`);
    graph.adopt({ ...node, name: graph.claim(`${node.name}:half`), inputs, outputs: [half] }, graph);
    const floats = graph.add({ type: 'Cast', inputs: [half], attributes: { to: DATA_TYPE.float32 } });
    const isOutput = graph.isOutput(output);
    graph.replace(output, floats);
    this.#halves.set(isOutput ? output : floats, half);
    this.count++;
  }

  #half(value: string): string {
    const known = this.#halves.get(value);
    if (known !== undefined) return known;
    const constant = this.#graph.constants.get(value);
    const half = constant
      ? this.#graph.addConstant(`${value}:half`, halved(constant))
      : this.#graph.add({ type: 'Cast', inputs: [value], attributes: { to: DATA_TYPE.float16 } });
    this.#halves.set(value, half);
    return half;
  }

  /** Whether a constant's numbers are neither too large for float16 nor so small that it would have few digits of them. */
  #isHalf(value: string): boolean {
    const numbers = numbersOf(this.#graph.constants.get(value));
    return numbers?.every((x) => x === 0 || (Math.abs(x) >= 2 ** -14 && Math.abs(x) <= 65504)) ?? false;
  }

  #isConstant(value: string): boolean {
    return this.#graph.constants.get(value)?.dataType === DATA_TYPE.float32;
  }

  /** Whether a value is surely float32: a graph's input says so, and convolutions follow only on values of their type. */
  #isFloat(value: string): boolean {
    const input = this.#graph.inputs.find(({ name }) => name === value);
    if (input) return input.type?.tensorType?.elemType === DATA_TYPE.float32;
    return this.#graph.producer(value) !== undefined;
  }
}

function halved(tensor: StoredTensor): StoredTensor {
  const read = async () => {
    const halves = Uint16Array.from(floatsOf(await tensor.read()), halfFromFloat);
    return new Uint8Array(halves.buffer);
  };
  return { dims: tensor.dims ?? [], dataType: DATA_TYPE.float16, bytes: tensor.bytes, read };
}
