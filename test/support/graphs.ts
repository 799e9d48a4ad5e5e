import { readModel } from '../../dist/packs/onnx/index.js';

/** A tensor on the host, as the native session takes and gives it. */
export interface HostTensor {
  dims: number[];
  data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
}

/** Feeds by input name to outputs by name. */
export type Run = (feeds: Record<string, HostTensor>) => Promise<Record<string, HostTensor>>;

/**
 * Opens a graph, from its bytes or its file, in the stock ONNX Runtime of npm: a reader independent of the engine checks the writer's
 * output.
 */
export async function openGraph(model: Uint8Array | string): Promise<Run> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model as Uint8Array, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return async (feeds) => {
    const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      new Tensor(data as Float32Array, dims),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { dims: [...tensor.dims], data: tensor.data as Float32Array },
      ]),
    );
  };
}

/** Opens a graph under construction. */
export function openBuilt(graph: { toBytes(): Uint8Array }): Promise<Run> {
  return openGraph(graph.toBytes());
}

/** A float32 tensor filled by a function of the flat index. */
export function filled(dims: number[], value: (index: number) => number): HostTensor {
  const size = dims.reduce((a, b) => a * b, 1);
  return { dims, data: Float32Array.from({ length: size }, (_, i) => value(i)) };
}

/** The only element type the networks put out. */
export function numbers(tensor: HostTensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new Error('Expected a float32 tensor');
  return tensor.data;
}

/** Names of a model's inputs and outputs with their lengths, for comparing. */
export function signature(bytes: Uint8Array): Record<string, (number | string)[]> {
  const { inputs, outputs } = readModel(bytes);
  return Object.fromEntries([...inputs, ...outputs].map(({ name, dims }) => [name, dims]));
}
