import { readFile } from 'node:fs/promises';
import { type Attributes, attributeMessages } from './attributes.js';
import {
  type AttributeMessage,
  decodeModel,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from './proto.js';
import { type StoredTensor, storedTensor } from './stored.js';

/** A node of a graph that can be changed. Values are named; an input that is left out is ''. */
export interface EditableNode {
  readonly type: string;
  /** '' for the standard operators. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeMessage[];
}

/** A node to add. */
export interface NewNode {
  type: string;
  /** Left out for the standard operators. */
  domain?: string;
  /** undefined: an input that is left out. */
  inputs: readonly (string | undefined)[];
  attributes?: Attributes;
  /** Number of outputs; default 1. */
  outputs?: number;
}

type Writable = { -readonly [K in keyof EditableNode]: EditableNode[K] } & {
  inputs: string[];
  outputs: string[];
};

/**
 * An editable ONNX graph from a file. Its constants stay in the file until they are
 * read, so a graph of any size takes little memory.
 */
export class EditableGraph {
  readonly name: string;
  readonly inputs: ValueInfoMessage[];
  readonly outputs: ValueInfoMessage[];
  readonly constants = new Map<string, StoredTensor>();
  /** Versions of the operator sets by their domain, '' for the standard one. */
  readonly opsets: Map<string, number>;
  readonly #source: ModelMessage;
  readonly #nodes = new Set<Writable>();
  readonly #producers = new Map<string, Writable>();
  readonly #users = new Map<string, Set<Writable>>();
  readonly #names = new Set<string>();

  /** @throws Error when the file is not an ONNX model, or its nodes form a cycle */
  static async open(file: string): Promise<EditableGraph> {
    return new EditableGraph(decodeModel(await readFile(file)), file);
  }

  /** A graph from the bytes of a model that has everything in it. @throws Error when the bytes are not an ONNX model */
  static parse(bytes: Uint8Array): EditableGraph {
    return new EditableGraph(decodeModel(bytes), '');
  }

  private constructor(model: ModelMessage, file: string) {
    if (!model.graph) throw new Error(`Expected an ONNX model in ${file} but received bytes without a graph`);
    const { name, initializer, input, output, node } = model.graph;
    this.#source = model;
    this.name = name;
    for (const tensor of initializer) {
      this.constants.set(tensor.name!, storedTensor(tensor, file));
      this.#names.add(tensor.name!);
    }
    // Old files list constants among the inputs as well.
    this.inputs = input.filter((info) => !this.constants.has(info.name));
    this.outputs = output;
    this.opsets = new Map(model.opsetImport.map(({ domain, version }) => [standard(domain), version]));
    for (const info of input) this.#names.add(info.name);
    for (const message of node) this.#insert(fromMessage(message));
    this.sorted(); // throws for a cycle, on which later walks would never end
  }

  /** A graph with the same interface and constants as a model of its own, for parts that are split off; without nodes. */
  emptyCopy(name: string): EditableGraph {
    const graph = { ...this.#source.graph, name, node: [], initializer: [], input: [], output: [] };
    const copy = new EditableGraph({ ...this.#source, graph }, '');
    for (const [domain, version] of this.opsets) copy.opsets.set(domain, version);
    return copy;
  }

  /** The nodes, in the order they were added. */
  get nodes(): EditableNode[] {
    return [...this.#nodes];
  }

  /** Nodes with subgraphs, which may use any value of the outer graph. */
  get hasSubgraphs(): boolean {
    return this.nodes.some(({ attributes }) => attributes.some(({ g }) => g !== undefined && g !== null));
  }

  producer(value: string): EditableNode | undefined {
    return this.#producers.get(value);
  }

  users(value: string): EditableNode[] {
    return [...(this.#users.get(value) ?? [])];
  }

  isOutput(value: string): boolean {
    return this.outputs.some(({ name }) => name === value);
  }

  /** Whether a single input of a single node is the only use of a value. */
  usedOnce(value: string): boolean {
    const users = this.users(value);
    return (
      users.length === 1 && !this.isOutput(value) && users[0]!.inputs.filter((v) => v === value).length === 1
    );
  }

  /** Adds a node with one output, whose name is returned. */
  add(node: NewNode): string {
    return this.addAll(node)[0]!;
  }

  /** Adds a node; the names of its outputs are returned. */
  addAll({ type, domain = '', inputs, attributes = {}, outputs = 1 }: NewNode): string[] {
    const name = this.claim(domain ? `${domain}/${type}` : type);
    const values = Array.from({ length: outputs }, () => this.claim(`${name}:0`));
    this.#insert({
      type,
      domain,
      name,
      inputs: inputs.map((input) => input ?? ''),
      outputs: values,
      attributes: attributeMessages(attributes),
    });
    return values;
  }

  /** Adds a constant under a name like `wanted`, which is returned. */
  addConstant(wanted: string, tensor: StoredTensor): string {
    const name = this.claim(wanted);
    this.constants.set(name, tensor);
    return name;
  }

  /** Lists a value among the outputs of the graph. */
  addOutput(info: ValueInfoMessage): void {
    this.outputs.push(info);
  }

  /** Makes a value an input of the graph: its node no longer computes it. */
  addInput(info: ValueInfoMessage): void {
    const maker = this.#producers.get(info.name);
    if (maker) this.#rename(maker, info.name, this.claim(`${info.name}:made`));
    this.#names.add(info.name);
    this.inputs.push(info);
  }

  /** Copies a node of another graph, with the constants that it uses. */
  adopt(node: EditableNode, from: EditableGraph): void {
    for (const input of node.inputs) {
      const constant = from.constants.get(input);
      if (!constant) continue;
      this.constants.set(input, constant);
      this.#names.add(input);
    }
    this.#insert({ ...node, inputs: [...node.inputs], outputs: [...node.outputs] });
  }

  /** Replaces every use of `old`, including a graph output of that name, with the value `by`. */
  replace(old: string, by: string): void {
    for (const user of this.#users.get(old) ?? []) {
      user.inputs = user.inputs.map((input) => (input === old ? by : input));
      this.#uses(by).add(user);
    }
    this.#users.delete(old);
    if (this.isOutput(old)) this.#giveName(by, old);
  }

  /** Removes nodes and constants that no output needs. */
  prune(): void {
    for (const node of this.sorted().reverse()) {
      if (node.outputs.some((value) => this.#users.get(value)?.size || this.isOutput(value))) continue;
      this.#remove(node as Writable);
    }
    for (const name of this.constants.keys())
      if (!this.#users.get(name)?.size && !this.isOutput(name)) this.constants.delete(name);
  }

  /** The nodes in an order in which each comes after those it needs, else as they were added. */
  sorted(): EditableNode[] {
    return this.#ordered(this.#nodes, (node) => this.#needs(node));
  }

  /**
   * The nodes in the order in which they are written and run: among a node's inputs, the one with the longest chain of nodes comes
   * first, so that few values are computed long before their use.
   */
  #scheduled(): Writable[] {
    const depths = new Map<Writable, number>();
    for (const node of this.sorted() as Writable[])
      depths.set(node, 1 + Math.max(0, ...this.#needs(node).map((needed) => depths.get(needed)!)));
    const deepestFirst = (nodes: Writable[]) => nodes.sort((a, b) => depths.get(b)! - depths.get(a)!);
    const ends = this.outputs.flatMap(({ name }) => this.#producers.get(name) ?? []);
    return this.#ordered([...deepestFirst(ends), ...this.#nodes], (node) => deepestFirst(this.#needs(node)));
  }

  #needs({ inputs }: Writable): Writable[] {
    const needed: Writable[] = [];
    for (const value of inputs) {
      const producer = this.#producers.get(value);
      if (producer) needed.push(producer);
    }
    return needed;
  }

  /** Nodes after those they need. Without recursion: a graph may be thousands of nodes deep. Throws for a cycle. */
  #ordered(nodes: Iterable<Writable>, needs: (node: Writable) => Writable[]): Writable[] {
    const order = new Set<Writable>();
    const begun = new Set<Writable>();
    const path: { node: Writable; left: Iterator<Writable> }[] = [];
    const begin = (node: Writable) => {
      if (order.has(node)) return;
      if (begun.has(node))
        throw new Error(`Expected a graph without cycles but node '${node.name}' depends on itself`);
      begun.add(node);
      path.push({ node, left: needs(node).values() });
    };
    for (const start of nodes) {
      begin(start);
      for (let last = path.at(-1); last; last = path.at(-1)) {
        const { value, done } = last.left.next();
        if (!done) begin(value);
        else order.add(path.pop()!.node);
      }
    }
    return [...order];
  }

  /** The model for writing, with messages for its constants in order. */
  message(initializer: TensorMessage[]): ModelMessage {
    const { metadataProps, ...rest } = this.#source;
    const opsetImport = [...this.opsets].map(([domain, version]) => ({ domain, version }));
    const graph = {
      name: this.name,
      node: this.#scheduled().map(toMessage),
      initializer,
      input: this.inputs,
      output: this.outputs,
    };
    return { ...rest, graph, opsetImport, metadataProps: metadataProps ?? [] };
  }

  /** A name that is unused in the graph. */
  claim(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  #insert(node: Writable): void {
    this.#nodes.add(node);
    for (const output of node.outputs) {
      this.#producers.set(output, node);
      this.#names.add(output);
    }
    for (const input of node.inputs) if (input) this.#uses(input).add(node);
    this.#names.add(node.name);
  }

  #remove(node: Writable): void {
    this.#nodes.delete(node);
    for (const output of node.outputs)
      if (this.#producers.get(output) === node) this.#producers.delete(output);
    for (const input of node.inputs) this.#users.get(input)?.delete(node);
  }

  #uses(value: string): Set<Writable> {
    const users = this.#users.get(value) ?? new Set();
    this.#users.set(value, users);
    return users;
  }

  /** Makes `value` the graph output `output`. */
  #giveName(value: string, output: string): void {
    const before = this.#producers.get(output);
    if (before) this.#rename(before, output, this.claim(`${output}:replaced`));
    const maker = this.#producers.get(value);
    if (!maker || this.isOutput(value)) {
      this.#insert({
        type: 'Identity',
        domain: '',
        name: this.claim('Identity'),
        inputs: [value],
        outputs: [output],
        attributes: [],
      });
      return;
    }
    this.#rename(maker, value, output);
    for (const user of this.#users.get(value) ?? []) {
      user.inputs = user.inputs.map((input) => (input === value ? output : input));
      this.#uses(output).add(user);
    }
    this.#users.delete(value);
  }

  #rename(node: Writable, output: string, name: string): void {
    node.outputs = node.outputs.map((value) => (value === output ? name : value));
    this.#producers.delete(output);
    this.#producers.set(name, node);
  }
}

/** 'ai.onnx' is another way to write the standard domain. */
function standard(domain: string | undefined): string {
  return domain === 'ai.onnx' ? '' : (domain ?? '');
}

function fromMessage({ opType, domain, name, input, output, attribute }: NodeMessage): Writable {
  return {
    type: opType,
    domain: standard(domain),
    name: name ?? '',
    inputs: input,
    outputs: output,
    attributes: attribute,
  };
}

function toMessage({ type, domain, name, inputs, outputs, attributes }: EditableNode): NodeMessage {
  const message = {
    name,
    opType: type,
    input: [...inputs],
    output: [...outputs],
    attribute: [...attributes],
  };
  return domain ? { ...message, domain } : message;
}
