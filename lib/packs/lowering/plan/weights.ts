import { DATA_TYPE, type EditableGraph, type StoredTensor } from '../../onnx/index.js';
import { sizeOf } from '../../onnx/types.js';
import { aligned } from './arena.js';
import { PACKED_INPUT, packedName, packedTensor, packingOf } from './packed-weights.js';

/** The weights of a network in one file: the same for every window, so that all plans of it share them. */
export interface PlanWeights {
  /** Bytes from the beginning of the file, by the constants' names, or those of their packed forms. */
  offsets: ReadonlyMap<string, number>;
  tensors: ReadonlyMap<string, StoredTensor>;
  bytes: number;
}

/** All float32 constants in the order of the graph, in the forms in which its nodes use them. */
export function weightsOf(graph: EditableGraph): PlanWeights {
  const offsets = new Map<string, number>();
  const tensors = new Map<string, StoredTensor>();
  let bytes = 0;
  for (const [constant, stored] of graph.constants) {
    if (stored.dataType !== DATA_TYPE.float32) continue;
    for (const [name, tensor] of formsOf(graph, constant, withBytes(stored))) {
      offsets.set(name, bytes);
      tensors.set(name, tensor);
      bytes += aligned(tensor.bytes);
    }
  }
  return { offsets, tensors, bytes };
}

/** The plain form, if a node reads it, and packed ones. */
function formsOf(graph: EditableGraph, constant: string, stored: StoredTensor): Map<string, StoredTensor> {
  const users = graph.users(constant);
  const isPlain = (node: (typeof users)[number]) =>
    node.inputs.some((input, i) => input === constant && !(i === PACKED_INPUT && packingOf(node)));
  const forms = new Map(users.length === 0 || users.some(isPlain) ? [[constant, stored]] : []);
  for (const node of users) {
    const packing = node.inputs[PACKED_INPUT] === constant ? packingOf(node) : undefined;
    if (packing) forms.set(packedName(constant, packing), packedTensor(stored, packing));
  }
  return forms;
}

/** What a constant that is computed from others counts is what it reads, not what it has. */
function withBytes(stored: StoredTensor): StoredTensor {
  return stored.dims ? { ...stored, bytes: 4 * sizeOf(stored.dims) } : stored;
}
