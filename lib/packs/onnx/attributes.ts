import { ATTRIBUTE_TYPE, type AttributeMessage } from './proto.js';
import { type ConstantData, DATA_TYPE, dataTypeOf, rawBytes } from './types.js';

/** A tensor given as an attribute, as `ConstantOfShape` takes one. */
export interface TensorAttribute {
  data: ConstantData;
  dims: readonly number[];
}

/** Attributes of a node by name; undefined ones are omitted. */
export type Attributes = Record<
  string,
  | number
  | bigint
  | string
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | TensorAttribute
  | undefined
>;

// JavaScript has one number type: a whole number becomes an int attribute unless its name is listed here.
const FLOAT_ATTRIBUTES = new Set([
  'alpha',
  'beta',
  'bias',
  'cubic_coeff_a',
  'epsilon',
  'extrapolation_value',
  'gamma',
  'lambd',
  'momentum',
  'scales',
  'spatial_scale',
  'value_float',
  'value_floats',
]);

/** Attribute messages in the order of their names, so that the order in source code does not change the bytes. */
export function attributeMessages(attributes: Attributes): AttributeMessage[] {
  return Object.keys(attributes)
    .filter((name) => attributes[name] !== undefined)
    .sort()
    .map((name) => attributeMessage(name, attributes[name]!));
}

function attributeMessage(name: string, value: NonNullable<Attributes[string]>): AttributeMessage {
  if (typeof value === 'bigint') return { name, type: ATTRIBUTE_TYPE.int, i: value };
  if (typeof value === 'number') return numberMessage(name, value);
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.string, s: Buffer.from(value) };
  if ('data' in value) return { name, type: ATTRIBUTE_TYPE.tensor, t: tensorMessage(value) };
  if (typeof value[0] === 'string') {
    const strings = (value as readonly string[]).map((text) => Buffer.from(text));
    return { name, type: ATTRIBUTE_TYPE.strings, strings };
  }
  if (typeof value[0] === 'bigint')
    return { name, type: ATTRIBUTE_TYPE.ints, ints: [...(value as readonly bigint[])] };
  const numbers = [...(value as readonly number[])];
  if (isFloat(name, numbers)) return { name, type: ATTRIBUTE_TYPE.floats, floats: numbers };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: numbers.map(BigInt) };
}

function numberMessage(name: string, value: number): AttributeMessage {
  return isFloat(name, [value])
    ? { name, type: ATTRIBUTE_TYPE.float, f: value }
    : { name, type: ATTRIBUTE_TYPE.int, i: BigInt(value) };
}

function isFloat(name: string, numbers: number[]): boolean {
  return FLOAT_ATTRIBUTES.has(name) || !numbers.every(Number.isInteger);
}

function tensorMessage({ data, dims }: TensorAttribute) {
  return { dims: [...dims], dataType: DATA_TYPE[dataTypeOf(data)], rawData: rawBytes(data) };
}
