/**
 * Writing and reading ONNX models.
 *
 *     const g = new Graph('blur', { opset: 20 });                        // opset 20 and IR 9 are the defaults
 *     const image = g.input('img', 'float32', [1, 3, 256, 256]);         // a string is an axis of any length: ['n', 3, 256, 256]
 *     const kernel = g.constant('kernel', new Float32Array(81), [3, 3, 3, 3]);
 *     const half = g.constant('w', weights, [3, 3, 3, 3], { store: 'float16' }); // float16 in the file, cast to float32
 *     const y = g.op('Conv', [image, kernel], { pads: [1, 1, 1, 1] });   // any operator; attributes by name
 *     const [a, b] = g.split(y, 1, [1, 2]);                              // or g.ops('Split', [y, g.ints([1, 2])], 2, { axis: 1 })
 *     const z = b.mul(2).add(a).clip(0, 1);                              // numbers are float32 scalars
 *     const w = g.formula('relu(a - 0.5) / (1 + a^2)', { a });           // the same for longer terms
 *     g.output('out', g.concat(1, [z, w]), 'float32', [1, 4, 256, 256]);
 *     const bytes = g.toBytes();                                         // same calls, same bytes
 *     await writeModel(g, directory, 'big.onnx');                        // or big.onnx and big.onnx.data, tensor by tensor
 *
 *     readModel(bytes).inputs;                                           // [{ name: 'img', type: 'float32', dims: [1, 3, 256, 256] }]
 *
 * An absent input is `undefined`: g.op('Resize', [x, undefined, undefined, g.ints([1, 3, 64, 64])], { mode: 'linear' }).
 * Whole numbers are int attributes except under names that ONNX defines as floats (alpha, epsilon, ...: attributes.ts).
 * Equal constants are stored once, even under different names.
 */
export type { Attributes, TensorAttribute } from './attributes.js';
export { EditableGraph, type EditableNode, type NewNode } from './edit.js';
export {
  EXTERNAL_FROM,
  type WriteModelOptions,
  type WrittenFile,
  type WrittenModel,
  writeEdited,
  writeModel,
} from './files.js';
export type { FormulaValues } from './formula.js';
export { type ConstantBlock, Graph, type GraphOptions, type ModelFile, type ModelLayout } from './graph.js';
export { floatFromHalf, halfFromFloat } from './half.js';
export { asLength } from './integers.js';
export { type ModelInfo, readModel, type ValueInfo } from './read.js';
export { floatsOf, inlineTensor, integersOf, numbersOf, readFloats, type StoredTensor } from './stored.js';
export { type ConstantData, DATA_TYPE, type DataType, type Dim } from './types.js';
export { type Builder, type Operand, Value } from './value.js';
