import { damaged, quoted } from './damaged.js';
import { type ElementType, elementBytes, elementsOf, swapBytes, toFloats } from './element-types.js';
import { PythonObject, type PythonValue } from './python-values.js';

const KINDS: Record<string, ElementType> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u8: 'uint64',
  u4: 'uint32',
  u2: 'uint16',
  u1: 'uint8',
  b1: 'bool',
};

/** Maps numpy's name, without the byte order, to an element type; undefined for structures, objects, text. */
export function numpyType(name: string): ElementType | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

/** A numpy scalar, such as the best loss of a training, as a number. */
export function scalarOf(dtype: PythonValue | undefined, bytes: PythonValue | undefined): PythonValue {
  const name = dtype instanceof PythonObject ? dtype.args[0] : undefined;
  const type = typeof name === 'string' ? numpyType(name) : undefined;
  if (!type || !(bytes instanceof Uint8Array) || bytes.length !== elementBytes(type))
    throw damaged(`Expected a numpy number but received one of type ${quoted(String(name))}`);
  const copy = bytes.slice();
  const state = (dtype as PythonObject).state;
  if (Array.isArray(state) && state[1] === '>') swapBytes(copy, copy.length);
  const elements = elementsOf(type, copy);
  if (type === 'bool') return elements[0] !== 0;
  return (type === 'float16' ? toFloats(type, elements)[0] : elements[0]) ?? null;
}
