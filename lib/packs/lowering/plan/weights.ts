import { DATA_TYPE, type EditableGraph, type StoredTensor } from '../../onnx/index.js';
import { aligned } from './arena.js';

/** The weights of a network in one file: the same for every window, so that all plans of it share them. */
export interface PlanWeights {
  /** Bytes from the beginning of the file, by the constants' names. */
  offsets: ReadonlyMap<string, number>;
  tensors: ReadonlyMap<string, StoredTensor>;
  bytes: number;
}

/** All float32 constants in the order of the graph. */
export function weightsOf(graph: EditableGraph): PlanWeights {
  const offsets = new Map<string, number>();
  const tensors = new Map<string, StoredTensor>();
  let bytes = 0;
  for (const [name, stored] of graph.constants) {
    if (stored.dataType !== DATA_TYPE.float32) continue;
    offsets.set(name, bytes);
    tensors.set(name, stored);
    bytes += aligned(stored.bytes);
  }
  return { offsets, tensors, bytes };
}
