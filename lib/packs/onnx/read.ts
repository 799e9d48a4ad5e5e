import { decodeModel, type ValueInfoMessage } from './proto.js';
import { type Dim, elementTypeName } from './types.js';

/** An input or output of a model; an axis without a fixed length carries its name, or -1. */
export interface ValueInfo {
  name: string;
  type: string;
  dims: Dim[];
}

/** The description of a model file. */
export interface ModelInfo {
  name: string;
  producer: string;
  irVersion: number;
  opset: number;
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  /** Number of nodes by operator. */
  operators: Record<string, number>;
  /** Number of stored numbers. */
  parameters: number;
}

/**
 * Reads inputs, outputs and statistics of an ONNX model without running it.
 *
 * @throws Error when the bytes are not an ONNX model
 */
export function readModel(bytes: Uint8Array): ModelInfo {
  const model = decodeModel(bytes);
  if (!model.graph) throw new Error('Expected an ONNX model but received bytes without a graph');
  const { graph } = model;
  const stored = new Set(graph.initializer.map((tensor) => tensor.name));
  return {
    name: graph.name ?? '',
    producer: model.producerName ?? '',
    irVersion: model.irVersion ?? 0,
    opset: model.opsetImport.find((set) => !set.domain)?.version ?? 0,
    // Old files list constants among the inputs as well.
    inputs: graph.input.filter((input) => !stored.has(input.name)).map(valueInfoOf),
    outputs: graph.output.map(valueInfoOf),
    operators: countBy(graph.node.map((node) => node.opType)),
    parameters: graph.initializer.reduce((sum, tensor) => sum + tensor.dims.reduce((a, b) => a * b, 1), 0),
  };
}

function valueInfoOf(info: ValueInfoMessage): ValueInfo {
  const tensor = info.type?.tensorType;
  const dims = (tensor?.shape?.dim ?? []).map((dim) => dim.dimValue ?? dim.dimParam ?? -1);
  return { name: info.name, type: elementTypeName(tensor?.elemType ?? 0), dims };
}

function countBy(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
