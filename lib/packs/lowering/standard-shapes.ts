import { sizeOf } from '../onnx/types.js';
import { fromFront, intOf, intsOf, textOf } from './attributes.js';
import type { Operation, Shape, ShapeRule } from './shape-rule.js';

/** Shapes of the standard operators that the packs' networks use, in the forms they use them in. */
export const STANDARD_SHAPES: Record<string, ShapeRule> = {
  ...rulesFor(
    ['Relu', 'LeakyRelu', 'Sigmoid', 'Softmax', 'Exp', 'Neg', 'Abs', 'Sqrt', 'Tanh', 'Sin', 'Cos'],
    same,
  ),
  ...rulesFor(['Identity', 'Cast', 'Clip', 'Gelu', 'LayerNormalization', 'InstanceNormalization'], same),
  ...rulesFor(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max'], broadcast),
  ...rulesFor(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2'], reduced),
  AveragePool: pooled,
  Concat: concatenated,
  Conv: convolved,
  DepthToSpace: deeper,
  GridSample: sampled,
  MatMul: multiplied,
  Pad: padded,
  Reshape: reshaped,
  Resize: resized,
  Slice: sliced,
  Split: cut,
  Squeeze: squeezed,
  Transpose: transposed,
  Unsqueeze: unsqueezed,
};

function rulesFor(types: readonly string[], rule: ShapeRule): Record<string, ShapeRule> {
  return Object.fromEntries(types.map((type) => [type, rule]));
}

function same({ shape }: Operation): Shape {
  return shape(0);
}

function broadcast({ node, shape }: Operation): Shape {
  const shapes = node.inputs.map((_, i) => shape(i));
  if (!allKnown(shapes)) return undefined;
  const rank = Math.max(...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((dims) => dims[dims.length - rank + axis] ?? 1)),
  );
}

function allKnown(shapes: readonly Shape[]): shapes is (readonly number[])[] {
  return shapes.every((shape) => shape !== undefined);
}

function reduced({ node, shape, integers }: Operation): Shape {
  const [dims, axes] = [shape(0), integers(1)];
  if (!dims || !axes) return undefined;
  const gone = new Set(axes.map((axis) => fromFront(axis, dims.length)));
  if (intOf(node, 'keepdims', 1)) return dims.map((length, axis) => (gone.has(axis) ? 1 : length));
  return dims.filter((_, axis) => !gone.has(axis));
}

/** Of windows that neither pad nor overlap. */
function pooled({ node, shape }: Operation): Shape {
  const [dims, window, strides] = [shape(0), intsOf(node, 'kernel_shape'), intsOf(node, 'strides')];
  if (!dims || !window || !strides || intsOf(node, 'pads')?.some(Boolean)) return undefined;
  return dims.map((length, axis) => {
    if (axis < 2) return length;
    return Math.floor((length - window[axis - 2]!) / strides[axis - 2]!) + 1;
  });
}

function concatenated({ node, shape }: Operation): Shape {
  const shapes = node.inputs.map((_, i) => shape(i));
  if (!allKnown(shapes)) return undefined;
  const along = fromFront(intOf(node, 'axis', 0), shapes[0]!.length);
  return shapes[0]!.map((length, axis) =>
    axis === along ? shapes.reduce((sum, dims) => sum + dims[axis]!, 0) : length,
  );
}

function convolved({ node, shape }: Operation): Shape {
  const [dims, weight] = [shape(0), shape(1)];
  if (!dims || !weight || textOf(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return undefined;
  const axes = dims.length - 2;
  const ones = new Array<number>(axes).fill(1);
  const [strides, dilations] = [intsOf(node, 'strides') ?? ones, intsOf(node, 'dilations') ?? ones];
  const pads = intsOf(node, 'pads') ?? new Array<number>(2 * axes).fill(0);
  const spatial = dims.slice(2).map((length, i) => {
    const window = dilations[i]! * (weight[i + 2]! - 1) + 1;
    return Math.floor((length + pads[i]! + pads[i + axes]! - window) / strides[i]!) + 1;
  });
  return [dims[0]!, weight[0]!, ...spatial];
}

function deeper({ node, shape }: Operation): Shape {
  const dims = shape(0);
  const side = intOf(node, 'blocksize', 1);
  return dims && [dims[0]!, dims[1]! / side ** 2, dims[2]! * side, dims[3]! * side];
}

function sampled({ shape }: Operation): Shape {
  const [dims, grid] = [shape(0), shape(1)];
  return dims && grid && [dims[0]!, dims[1]!, ...grid.slice(1, -1)];
}

function multiplied({ shape }: Operation): Shape {
  const [left, right] = [shape(0), shape(1)];
  if (!left || !right || left.length < 2 || right.length < 2) return undefined;
  const longer = left.length >= right.length ? left : right;
  return [...longer.slice(0, -2), left.at(-2)!, right.at(-1)!];
}

function padded({ node, shape, integers }: Operation): Shape {
  const [dims, pads] = [shape(0), integers(1)];
  if (!dims || pads?.length !== 2 * dims.length || node.inputs[3]) return undefined;
  return dims.map((length, axis) => length + pads[axis]! + pads[axis + dims.length]!);
}

function reshaped({ node, shape, integers }: Operation): Shape {
  const [dims, wanted] = [shape(0), integers(1)];
  if (!dims || !wanted || intOf(node, 'allowzero', 0)) return undefined;
  const lengths = wanted.map((length, axis) => (length === 0 ? dims[axis]! : length));
  const rest = sizeOf(dims) / sizeOf(lengths.filter((length) => length !== -1));
  return lengths.map((length) => (length === -1 ? rest : length));
}

/** By factors; sizes are not used where passes look. */
function resized({ node, shape, numbers }: Operation): Shape {
  const [dims, scales] = [shape(0), numbers(2)];
  if (!dims || scales?.length !== dims.length || node.inputs[3]) return undefined;
  return dims.map((length, axis) => Math.floor(length * scales[axis]!));
}

function sliced({ shape, integers }: Operation): Shape {
  const [dims, starts, ends, axes] = [shape(0), integers(1), integers(2), integers(3)];
  if (!dims || !starts || !ends || !axes) return undefined;
  const steps = integers(4) ?? axes.map(() => 1);
  if (steps.some((step) => step < 1)) return undefined;
  const lengths = [...dims];
  axes.forEach((given, i) => {
    const axis = fromFront(given, dims.length);
    const clamped = (at: number) => Math.min(Math.max(at < 0 ? at + dims[axis]! : at, 0), dims[axis]!);
    lengths[axis] = Math.max(0, Math.ceil((clamped(ends[i]!) - clamped(starts[i]!)) / steps[i]!));
  });
  return lengths;
}

function cut({ node, shape, integers, output }: Operation): Shape {
  const [dims, lengths] = [shape(0), integers(1)];
  if (!dims || !lengths) return undefined;
  const along = fromFront(intOf(node, 'axis', 0), dims.length);
  return dims.map((length, axis) => (axis === along ? lengths[output]! : length));
}

function squeezed({ shape, integers }: Operation): Shape {
  const [dims, axes] = [shape(0), integers(1)];
  if (!dims || !axes) return undefined;
  const gone = new Set(axes.map((axis) => fromFront(axis, dims.length)));
  return dims.filter((_, axis) => !gone.has(axis));
}

function transposed({ node, shape }: Operation): Shape {
  const [dims, perm] = [shape(0), intsOf(node, 'perm')];
  return dims && perm?.map((axis) => dims[axis]!);
}

function unsqueezed({ shape, integers }: Operation): Shape {
  const [dims, axes] = [shape(0), integers(1)];
  if (!dims || !axes) return undefined;
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => fromFront(axis, rank)));
  const left = [...dims];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : left.shift()!));
}
