import { sha256 } from '../../files/hash.js';
import { type Attributes, attributeMessages } from './attributes.js';
import { type FormulaValues, formula } from './formula.js';
import { encodeModel, type ModelMessage, type TensorMessage, type ValueInfoMessage } from './proto.js';
import {
  type ConstantData,
  DATA_TYPE,
  type DataType,
  type Dim,
  dataTypeOf,
  rawBytes,
  sizeOf,
} from './types.js';
import { type Builder, type Operand, Value } from './value.js';

const IR_VERSION = 9;
const DEFAULT_OPSET = 20;

/** The metadata of a graph. */
export interface GraphOptions {
  /** Version of the standard operator set; default 20. */
  opset?: number;
  /** Free text for readers of the file. */
  description?: string;
}

/** One file of a model: the graph itself, or the large constants beside it. */
export interface ModelFile {
  name: string;
  bytes: Uint8Array;
}

/** The elements of a constant, made when they are written. */
export interface ConstantBlock {
  /** Where the block begins in its file. */
  offset: number;
  /** Bytes of the block. */
  length: number;
  read(): Uint8Array;
}

/** A model with external large constants: its own bytes, and the blocks of the file beside it in order. */
export interface ModelLayout {
  bytes: Uint8Array;
  blocks: ConstantBlock[];
}

interface StoredConstant {
  name: string;
  dims: number[];
  dataType: number;
  byteLength: number;
  read(): Uint8Array;
}

interface Node {
  type: string;
  name: string;
  inputs: (Value | undefined)[];
  outputs: Value[];
  attributes: Attributes;
}

/**
 * Builds one ONNX model, operator by operator. Equal calls give equal bytes; equal constants are stored once.
 * Nothing is inferred or checked beyond names: ONNX Runtime is the judge of shapes.
 */
export class Graph implements Builder {
  readonly name: string;
  readonly #opset: number;
  readonly #description: string | undefined;
  readonly #nodes: Node[] = [];
  readonly #constants: StoredConstant[] = [];
  readonly #constantByContent = new Map<string, Value>();
  readonly #inputs: ValueInfoMessage[] = [];
  readonly #outputs: ValueInfoMessage[] = [];
  readonly #fixed = new Set<Value>();
  readonly #names = new Set<string>();
  readonly #scopes: string[] = [];

  constructor(name: string, options: GraphOptions = {}) {
    this.name = name;
    this.#opset = options.opset ?? DEFAULT_OPSET;
    this.#description = options.description;
  }

  /** Declares an input of the model. */
  input(name: string, type: DataType, dims: readonly Dim[]): Value {
    this.#inputs.push(valueInfo(name, type, dims));
    return this.#fix(new Value(this, this.#claim(name)));
  }

  /** Makes `value` an output of the model under `name`. */
  output(name: string, value: Value, type: DataType, dims: readonly Dim[]): void {
    const produced = this.#fixed.has(value) ? this.op('Identity', [value]) : value;
    this.#names.delete(produced.name);
    produced.name = this.#claim(name);
    this.#fix(produced);
    this.#outputs.push(valueInfo(name, type, dims));
  }

  /**
   * A constant tensor; `dims` defaults to one axis.
   * With `store: 'float16'` it takes half the bytes in the file and is cast back to float32 in the graph.
   */
  constant(
    name: string,
    data: ConstantData,
    dims: readonly number[] = [data.length],
    options: { store?: 'float16' } = {},
  ): Value {
    if (sizeOf(dims) !== data.length)
      throw new RangeError(
        `Expected ${sizeOf(dims)} elements for constant ${name} but received ${data.length}`,
      );
    const type = options.store ?? dataTypeOf(data);
    const rawData = rawBytes(data, options.store);
    const key = `${type}[${dims.join()}]${sha256(rawData)}`;
    const known = this.#constantByContent.get(key);
    if (known) return known;
    // A copy: the caller may reuse its array.
    const copy = rawData.slice();
    const stored = this.#store(name, dims, DATA_TYPE[type], copy.byteLength, () => copy);
    const value = options.store ? stored.cast(DATA_TYPE[dataTypeOf(data)]) : stored;
    this.#constantByContent.set(key, value);
    return value;
  }

  /**
   * A float32 constant whose elements are made when the model is written and not kept: for networks of which only one
   * tensor at a time should be in memory. `make` may be called more than once and must give the same each time.
   */
  lazy(name: string, dims: readonly number[], make: () => Float32Array): Value {
    const size = sizeOf(dims);
    return this.#store(name, dims, DATA_TYPE.float32, 4 * size, () => {
      const data = make();
      if (data.length !== size)
        throw new RangeError(`Expected ${size} elements for constant ${name} but received ${data.length}`);
      return rawBytes(data);
    });
  }

  /** A float32 scalar. */
  scalar(value: number): Value {
    return this.constant(`s${value}`, new Float32Array([value]), []);
  }

  /** An int64 constant: a scalar for a number, one axis for a list. */
  ints(values: number | readonly (number | bigint)[]): Value {
    const list = typeof values === 'number' ? [values] : values;
    const data = BigInt64Array.from(list, BigInt);
    return this.constant(
      `i${list.slice(0, 8).join('_')}`,
      data,
      typeof values === 'number' ? [] : [list.length],
    );
  }

  /** A float32 constant from rows of numbers. */
  matrix(name: string, rows: readonly (readonly number[])[]): Value {
    return this.constant(name, Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
  }

  /** Adds a node with one output. Numbers become float32 scalars; `undefined` is an input left out. */
  op(type: string, inputs: readonly (Operand | undefined)[], attributes: Attributes = {}): Value {
    return this.ops(type, inputs, 1, attributes)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(
    type: string,
    inputs: readonly (Operand | undefined)[],
    outputs: number,
    attributes: Attributes = {},
  ): Value[] {
    const name = this.#claim([...this.#scopes, type].join('/'));
    const values = Array.from({ length: outputs }, () => new Value(this, this.#claim(`${name}:0`)));
    const operands = inputs.map((input) => (typeof input === 'number' ? this.scalar(input) : input));
    this.#nodes.push({ type, name, inputs: operands, outputs: values, attributes });
    return values;
  }

  /** Adds the operators of an arithmetic expression: see {@link formula}. */
  formula(text: string, values: FormulaValues): Value {
    return formula(this, text, values);
  }

  concat(axis: number, values: readonly Value[]): Value {
    return this.op('Concat', values, { axis });
  }

  /** Cuts an axis into parts of the given lengths. */
  split(value: Value, axis: number, lengths: readonly number[]): Value[] {
    return this.ops('Split', [value, this.ints(lengths)], lengths.length, { axis });
  }

  /** Linear resizing of the last two axes of [n, c, h, w]; attributes override mode and coordinates. */
  resize(value: Value, height: number, width: number, attributes: Attributes = {}): Value {
    const sizes = this.ints([height, width]);
    const axes = { axes: [2, 3], mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
    return this.op('Resize', [value, undefined, undefined, sizes], { ...axes, ...attributes });
  }

  /** Names everything that `build` adds under `scope/`, for readers and profilers. */
  scope<T>(scope: string, build: () => T): T {
    this.#scopes.push(scope);
    try {
      return build();
    } finally {
      this.#scopes.pop();
    }
  }

  /** The whole model as one file. */
  toBytes(): Uint8Array {
    return encodeModel(this.#model(this.#constants.map(inside)));
  }

  /**
   * The model with constants of `externalFrom` bytes or more in a second file, `<name>.data`, beside it.
   * Needed above 2 GiB, where protobuf ends. Offsets are multiples of 4096 so that the file can be mapped.
   */
  toFiles(name: string, externalFrom: number): ModelFile[] {
    const location = `${name}.data`;
    const { bytes, blocks } = this.layOut(location, externalFrom);
    if (!blocks.length) return [{ name, bytes }];
    const data = new Uint8Array(endOf(blocks));
    for (const block of blocks) data.set(block.read(), block.offset);
    return [
      { name, bytes },
      { name: location, bytes: data },
    ];
  }

  /**
   * {@link toFiles} for models too large for memory: returns the layout of the file `location`; the caller writes
   * it. Every block starts at a multiple of 4096; the last is followed by zeros up to one.
   */
  layOut(location: string, externalFrom: number): ModelLayout {
    const blocks: ConstantBlock[] = [];
    const place = (constant: StoredConstant): TensorMessage => {
      const { byteLength: length, read, ...tensor } = constant;
      if (!isOutside(constant, externalFrom)) return inside(constant);
      const offset = endOf(blocks);
      blocks.push({ offset, length, read });
      const entry = { location, offset: `${offset}`, length: `${length}` };
      const externalData = Object.entries(entry).map(([key, value]) => ({ key, value }));
      return { ...tensor, dataLocation: 1, externalData };
    };
    return { bytes: encodeModel(this.#model(this.#constants.map(place))), blocks };
  }

  /** Bytes of the constants that {@link layOut} puts outside, without the padding of their pages. */
  externalBytes(externalFrom: number): number {
    const outside = this.#constants.filter((constant) => isOutside(constant, externalFrom));
    return outside.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  #model(initializer: TensorMessage[]): ModelMessage {
    return {
      irVersion: IR_VERSION,
      producerName: 'kdtalker',
      ...(this.#description === undefined ? {} : { docString: this.#description }),
      graph: {
        name: this.name,
        node: this.#nodes.map(nodeMessage),
        initializer,
        input: this.#inputs,
        output: this.#outputs,
      },
      opsetImport: [{ domain: '', version: this.#opset }],
      metadataProps: [],
    };
  }

  #store(
    name: string,
    dims: readonly number[],
    dataType: number,
    byteLength: number,
    read: () => Uint8Array,
  ): Value {
    const value = this.#fix(new Value(this, this.#claim(name)));
    this.#constants.push({ name: value.name, dims: [...dims], dataType, byteLength, read });
    return value;
  }

  /** Inputs, constants and outputs keep the name they were declared with. */
  #fix(value: Value): Value {
    this.#fixed.add(value);
    return value;
  }

  #claim(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }
}

function inside({ byteLength: _, read, ...tensor }: StoredConstant): TensorMessage {
  return { ...tensor, rawData: read() };
}

/** Integers are shapes and axes, which shape inference reads before external files are open. */
function isOutside({ byteLength, dataType }: StoredConstant, externalFrom: number): boolean {
  return byteLength >= externalFrom && dataType !== DATA_TYPE.int64;
}

const PAGE = 4096;

/** The first page after the blocks. */
function endOf(blocks: readonly ConstantBlock[]): number {
  const last = blocks.at(-1);
  return last ? Math.ceil((last.offset + last.length) / PAGE) * PAGE : 0;
}

function nodeMessage(node: Node) {
  return {
    name: node.name,
    opType: node.type,
    input: node.inputs.map((value) => value?.name ?? ''),
    output: node.outputs.map((value) => value.name),
    attribute: attributeMessages(node.attributes),
  };
}

function valueInfo(name: string, type: DataType, dims: readonly Dim[]): ValueInfoMessage {
  const dim = dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}
