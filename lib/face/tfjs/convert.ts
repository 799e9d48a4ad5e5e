import type { Graph, Value } from '../../packs/onnx/index.js';
import { intsOf, shapeOf, type TfModel, type TfNode, type TfWeight, textOf, textsOf } from './model.js';

/**
 * A tensor of the graph under construction. TensorFlow stores pictures as [n, h, w, c]; values with
 * `channelsFirst` hold the same tensor as [n, c, h, w], the layout of ONNX convolutions. `shape` is
 * always TensorFlow's.
 */
interface Tensor {
  readonly value: Value;
  readonly shape: readonly number[];
  readonly channelsFirst: boolean;
}

type Converter = (conversion: TfConversion, node: TfNode) => Tensor;

/** Converts operators on demand, from the requested outputs back to the inputs; omits the rest. */
export class TfConversion {
  readonly graph: Graph;
  readonly #model: TfModel;
  readonly #done = new Map<string, Tensor>();

  constructor(graph: Graph, model: TfModel) {
    this.graph = graph;
    this.#model = model;
  }

  /** The value of a node in TensorFlow's own layout, and its shape. */
  output(name: string): { value: Value; shape: readonly number[] } {
    const tensor = this.tensor(name);
    return { value: rowMajor(tensor), shape: tensor.shape };
  }

  tensor(reference: string): Tensor {
    const name = reference.replace(/:0$/, '');
    const known = this.#done.get(name);
    if (known) return known;
    const node = this.#model.nodes.get(name);
    const convert = node && CONVERTERS[node.op];
    if (!convert)
      throw new Error(`Expected an operator that can be converted for ${name} but received ${node?.op}`);
    const tensor = convert(this, node);
    this.#done.set(name, tensor);
    return tensor;
  }

  input(node: TfNode, index: number): Tensor {
    return this.tensor(inputName(node, index));
  }

  weight(node: TfNode, index: number): TfWeight {
    const weight = this.#model.weights.get(inputName(node, index));
    if (!weight) throw new Error(`Expected a constant for input ${index} of ${node.name}`);
    return weight;
  }

  /** A float constant; stored as float16 when the source stores it so. */
  constant(name: string, data: Float32Array, shape: readonly number[], half: boolean): Value {
    return this.graph.constant(name, data, shape, half ? { store: 'float16' } : {});
  }
}

function inputName(node: TfNode, index: number): string {
  const name = node.input?.[index];
  if (name === undefined) throw new Error(`Expected input ${index} of ${node.name}`);
  return name;
}

function floatsOf(weight: TfWeight): Float32Array {
  if (weight.data instanceof Float32Array) return weight.data;
  throw new Error('Expected float weights but received integers');
}

function rowMajor({ value, channelsFirst }: Tensor): Value {
  return channelsFirst ? value.transpose(0, 2, 3, 1) : value;
}

function picture(value: Value, shape: readonly number[]): Tensor {
  return { value, shape, channelsFirst: true };
}

/** Reorders the axes of a constant: axis i of the result is axis `order[i]` of the source. */
export function permuted(
  data: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const result = new Float32Array(data.length);
  const lengths = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      from += (rest % lengths[axis]!) * steps[axis]!;
      rest = Math.floor(rest / lengths[axis]!);
    }
    result[i] = data[from]!;
  }
  return result;
}

/** A sliding window along one axis: length of the result, and padding before and after in elements. */
interface Sliding {
  readonly length: number;
  readonly before: number;
  readonly after: number;
}

/** TensorFlow's rule: SAME pads so that ceil(length / stride) windows fit, the odd element at the end. */
export function slide(
  length: number,
  window: number,
  stride: number,
  dilation: number,
  padding: string,
): Sliding {
  const reach = (window - 1) * dilation + 1;
  if (padding === 'VALID') return { length: Math.floor((length - reach) / stride) + 1, before: 0, after: 0 };
  if (padding !== 'SAME') throw new Error(`Expected SAME or VALID for padding but received ${padding}`);
  const wanted = Math.ceil(length / stride);
  const total = Math.max((wanted - 1) * stride + reach - length, 0);
  return { length: wanted, before: Math.floor(total / 2), after: total - Math.floor(total / 2) };
}

/** ONNX attributes and the result's height and width for a window sliding over a picture. */
function window2d(node: TfNode, shape: readonly number[], kernel: readonly [number, number]) {
  const [, strideY = 1, strideX = 1] = intsOf(node, 'strides') ?? [];
  const [, dilationY = 1, dilationX = 1] = intsOf(node, 'dilations') ?? [];
  const padding = textOf(node, 'padding') ?? '';
  const y = slide(shape[1]!, kernel[0], strideY, dilationY, padding);
  const x = slide(shape[2]!, kernel[1], strideX, dilationX, padding);
  const attributes = {
    kernel_shape: kernel,
    strides: [strideY, strideX],
    pads: [y.before, x.before, y.after, x.after],
  };
  return { attributes, dilations: [dilationY, dilationX], height: y.length, width: x.length };
}

/** A slope per channel, [1, 1, c], as ONNX broadcasts it over [n, c, h, w]. */
function prelu(conversion: TfConversion, x: Value, node: TfNode, slopeIndex: number): Value {
  const weight = conversion.weight(node, slopeIndex);
  const slopes = floatsOf(weight);
  const slope = conversion.constant(`${node.name}/slope`, slopes, [slopes.length, 1, 1], weight.half);
  return conversion.graph.op('PRelu', [x, slope]);
}

/** Filter [h, w, in, out], then a bias, then perhaps an activation. */
function fusedConvolution(conversion: TfConversion, node: TfNode): Tensor {
  const input = conversion.input(node, 0);
  const filter = conversion.weight(node, 1);
  const bias = conversion.weight(node, 2);
  const [height, width, , outputs] = filter.shape as [number, number, number, number];
  const { attributes, dilations, ...size } = window2d(node, input.shape, [height, width]);
  const order = [3, 2, 0, 1];
  const weights = permuted(floatsOf(filter), filter.shape, order);
  const shape = order.map((axis) => filter.shape[axis]!);
  const w = conversion.constant(`${node.name}/weights`, weights, shape, filter.half);
  const b = conversion.constant(`${node.name}/bias`, floatsOf(bias), [outputs], bias.half);
  const sum = conversion.graph.op('Conv', [input.value, w, b], { ...attributes, dilations });
  const value = activation(conversion, node, sum);
  return picture(value, [input.shape[0]!, size.height, size.width, outputs]);
}

function activation(conversion: TfConversion, node: TfNode, sum: Value): Value {
  const [first, second] = textsOf(node, 'fused_ops');
  if (first !== 'BiasAdd') throw new Error(`Expected a bias in ${node.name} but received ${first}`);
  if (second === undefined) return sum;
  if (second === 'Relu') return sum.relu();
  if (second === 'Prelu') return prelu(conversion, sum, node, 3);
  throw new Error(`Expected Relu or Prelu after ${node.name} but received ${second}`);
}

/** Filter [h, w, channels, multiplier]: each channel has filters of its own. */
function depthwiseConvolution(conversion: TfConversion, node: TfNode): Tensor {
  const input = conversion.input(node, 0);
  const filter = conversion.weight(node, 1);
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  const { attributes, dilations, ...size } = window2d(node, input.shape, [height, width]);
  const weights = permuted(floatsOf(filter), filter.shape, [2, 3, 0, 1]);
  const outputs = channels * multiplier;
  const w = conversion.constant(`${node.name}/weights`, weights, [outputs, 1, height, width], filter.half);
  const value = conversion.graph.op('Conv', [input.value, w], { ...attributes, dilations, group: channels });
  return picture(value, [input.shape[0]!, size.height, size.width, outputs]);
}

function maxPool(conversion: TfConversion, node: TfNode): Tensor {
  const input = conversion.input(node, 0);
  const [, height = 1, width = 1] = intsOf(node, 'ksize') ?? [];
  const { attributes, ...size } = window2d(node, input.shape, [height, width]);
  const value = conversion.graph.op('MaxPool', [input.value], attributes);
  return picture(value, [input.shape[0]!, size.height, size.width, input.shape[3]!]);
}

/** Zeros around a picture, given as [before, after] for each of n, h, w, c. */
function pad(conversion: TfConversion, node: TfNode): Tensor {
  const input = conversion.input(node, 0);
  const { data } = conversion.weight(node, 1);
  const amounts = input.shape.map((_, axis) => [data[2 * axis]!, data[2 * axis + 1]!] as const);
  const order = input.channelsFirst ? [0, 3, 1, 2] : input.shape.map((_, axis) => axis);
  const pads = [...order.map((axis) => amounts[axis]![0]), ...order.map((axis) => amounts[axis]![1])];
  const value = conversion.graph.op('Pad', [input.value, conversion.graph.ints(pads)], { mode: 'constant' });
  const shape = input.shape.map((length, axis) => length + amounts[axis]![0] + amounts[axis]![1]);
  return { ...input, value, shape };
}

function sum(conversion: TfConversion, node: TfNode): Tensor {
  const [a, b] = [conversion.input(node, 0), conversion.input(node, 1)];
  if (a.shape.join() !== b.shape.join() || a.channelsFirst !== b.channelsFirst)
    throw new Error(`Expected equal shapes for ${node.name} but received [${a.shape}] and [${b.shape}]`);
  return { ...a, value: a.value.add(b.value) };
}

function reshape(conversion: TfConversion, node: TfNode): Tensor {
  const input = conversion.input(node, 0);
  const wanted = [...conversion.weight(node, 1).data];
  const count = input.shape.reduce((product, length) => product * length, 1);
  const known = wanted.filter((length) => length >= 0).reduce((product, length) => product * length, 1);
  const shape = wanted.map((length) => (length < 0 ? count / known : length));
  return { value: rowMajor(input).reshape(...shape), shape, channelsFirst: false };
}

/** An input of the model, [n, c, h, w] with n = 1, under the name of its node. */
function placeholder(conversion: TfConversion, node: TfNode): Tensor {
  const [, height, width, channels] = shapeOf(node, 'shape') as [number, number, number, number];
  return picture(conversion.graph.input(node.name, 'float32', [1, channels, height, width]), [
    1,
    height,
    width,
    channels,
  ]);
}

const CONVERTERS: Readonly<Record<string, Converter>> = {
  Placeholder: placeholder,
  _FusedConv2D: fusedConvolution,
  DepthwiseConv2dNative: depthwiseConvolution,
  MaxPool: maxPool,
  Pad: pad,
  AddV2: sum,
  Reshape: reshape,
  Identity: (conversion, node) => conversion.input(node, 0),
  Relu: (conversion, node) => mapped(conversion.input(node, 0), (x) => x.relu()),
  Sigmoid: (conversion, node) => mapped(conversion.input(node, 0), (x) => x.sigmoid()),
  Prelu: (conversion, node) => mapped(conversion.input(node, 0), (x) => prelu(conversion, x, node, 1)),
};

function mapped(tensor: Tensor, change: (value: Value) => Value): Tensor {
  return { ...tensor, value: change(tensor.value) };
}
