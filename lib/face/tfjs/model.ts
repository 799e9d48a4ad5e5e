import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { floatFromHalf } from '../../packs/onnx/index.js';

/** A weight of a TensorFlow.js graph model, widened to float32 or left as int32. */
export interface TfWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
  /** Whether the file stores it as float16. */
  readonly half: boolean;
}

/** An operator of the graph; `attr` as the protobuf text of TensorFlow's NodeDef in JSON. */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, TfAttribute>>;
}

interface TfAttribute {
  readonly s?: string;
  readonly b?: boolean;
  readonly list?: { readonly i?: readonly string[]; readonly s?: readonly string[] };
  readonly shape?: { readonly dim?: readonly { readonly size: string }[] };
}

/** A TensorFlow.js graph model: nodes and weights by name. */
export interface TfModel {
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly weights: ReadonlyMap<string, TfWeight>;
}

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string };
}

interface ModelJson {
  readonly modelTopology: { readonly node: readonly TfNode[] };
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly WeightEntry[];
  }[];
}

/** Reads one weight at `offset` of the shard; also returns its number of bytes. */
function readWeight(bytes: DataView, offset: number, entry: WeightEntry): { weight: TfWeight; size: number } {
  const count = entry.shape.reduce((product, length) => product * length, 1);
  const stored = entry.quantization?.dtype ?? entry.dtype;
  const read: Record<string, { size: number; get: (at: number) => number }> = {
    float32: { size: 4, get: (at) => bytes.getFloat32(at, true) },
    float16: { size: 2, get: (at) => floatFromHalf(bytes.getUint16(at, true)) },
    int32: { size: 4, get: (at) => bytes.getInt32(at, true) },
  };
  const reader = read[stored];
  if (!reader)
    throw new Error(`Expected float32, float16 or int32 for weight ${entry.name} but received ${stored}`);
  const data = entry.dtype === 'int32' ? new Int32Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = reader.get(offset + i * reader.size);
  return { weight: { shape: entry.shape, data, half: stored === 'float16' }, size: count * reader.size };
}

/** Reads `model.json` and the weight files it names beside it. For builds: throws plain errors. */
export function readTfModel(file: string): TfModel {
  const json = JSON.parse(readFileSync(file, 'utf8')) as ModelJson;
  const weights = new Map<string, TfWeight>();
  for (const group of json.weightsManifest) {
    const shard = Buffer.concat(group.paths.map((path) => readFileSync(join(dirname(file), path))));
    const bytes = new DataView(shard.buffer, shard.byteOffset, shard.byteLength);
    let offset = 0;
    for (const entry of group.weights) {
      const { weight, size } = readWeight(bytes, offset, entry);
      weights.set(entry.name, weight);
      offset += size;
    }
    if (offset !== shard.byteLength)
      throw new Error(`Expected ${offset} bytes of weights for ${file} but received ${shard.byteLength}`);
  }
  return { nodes: new Map(json.modelTopology.node.map((node) => [node.name, node])), weights };
}

/** A list of whole numbers; undefined when the node has no such attribute. */
export function intsOf(node: TfNode, name: string): number[] | undefined {
  return node.attr?.[name]?.list?.i?.map(Number);
}

/** A string attribute, which the file stores in base64. */
export function textOf(node: TfNode, name: string): string | undefined {
  const text = node.attr?.[name]?.s;
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
}

/** A list of strings; empty when the node has no such attribute. */
export function textsOf(node: TfNode, name: string): string[] {
  return (node.attr?.[name]?.list?.s ?? []).map((text) => Buffer.from(text, 'base64').toString());
}

/** A shape attribute; -1 is an open axis. */
export function shapeOf(node: TfNode, name: string): number[] {
  return (node.attr?.[name]?.shape?.dim ?? []).map((dim) => Number(dim.size));
}
