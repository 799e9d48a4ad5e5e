import { damaged, LIMITS, quoted } from './damaged.js';
import type { PythonValue } from './python-values.js';
import { TensorView } from './tensor-view.js';

/**
 * All tensors of nested dicts and lists by their paths of keys, joined by dots: `state_dict.module.conv.weight`.
 * Skips keys that are neither text nor numbers, since they give no name.
 */
export function flattenTensors(root: PythonValue): Map<string, TensorView> {
  const walk: Walk = { tensors: new Map(), visits: 0 };
  visit(root, '', 0, walk);
  return walk.tensors;
}

interface Walk {
  tensors: Map<string, TensorView>;
  /** Values visited so far; a small pickle can contain the same list many times. */
  visits: number;
}

function visit(value: PythonValue, name: string, depth: number, walk: Walk): void {
  if (++walk.visits > LIMITS.objects)
    throw damaged(`Expected at most ${LIMITS.objects} values but received more: the file repeats itself`);
  if (value instanceof TensorView) addTensor(value, name, walk.tensors);
  if (!Array.isArray(value) && !(value instanceof Map)) return;
  if (depth >= LIMITS.depth)
    throw damaged(`Expected values nested at most ${LIMITS.depth} deep but received deeper ones`);
  for (const [key, item] of value.entries()) {
    if (typeof key === 'string' || typeof key === 'number') visit(item, joined(name, key), depth + 1, walk);
    else walk.visits++;
  }
}

function addTensor(tensor: TensorView, name: string, tensors: Map<string, TensorView>): void {
  if (tensors.size >= LIMITS.tensors)
    throw damaged(`Expected at most ${LIMITS.tensors} tensors but received more`);
  if (tensors.has(name)) throw damaged(`Expected one tensor of each name but received ${quoted(name)} twice`);
  tensor.check();
  tensors.set(name, tensor);
}

function joined(name: string, key: string | number): string {
  const whole = name ? `${name}.${key}` : String(key);
  if (whole.length > LIMITS.nameLength)
    throw damaged(`Expected names of at most ${LIMITS.nameLength} characters but received ${quoted(whole)}`);
  return whole;
}
