import { DATA_TYPE, type EditableGraph, readFloats } from '../onnx/index.js';

/** A float32 constant computed from other constants when the graph is written. @returns its name */
export function derived(
  graph: EditableGraph,
  name: string,
  dims: readonly number[],
  from: readonly string[],
  make: (...values: Float32Array[]) => Float32Array,
): string {
  const stored = from.map((each) => graph.constants.get(each)!);
  return graph.addConstant(name, {
    dims,
    dataType: DATA_TYPE.float32,
    bytes: stored.reduce((sum, { bytes }) => sum + bytes, 0),
    async read() {
      const values = make(...(await Promise.all(stored.map(readFloats))));
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
  });
}
