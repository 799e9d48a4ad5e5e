import protobuf from 'protobufjs';
import { fromHalves, mapIntegers, toHalves } from './integers.js';

/**
 * The messages of the ONNX format that a pack needs, as protobufjs descriptors. Field numbers and types are those of the
 * ONNX intermediate representation (IR version 9, proto2 syntax); functions, sparse tensors and training are left out.
 */
const f = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number, packed = false) => ({
  rule: 'repeated',
  type,
  id,
  options: { packed },
});

const DESCRIPTOR: protobuf.INamespace = {
  nested: {
    Model: {
      fields: {
        irVersion: f('int64', 1),
        producerName: f('string', 2),
        producerVersion: f('string', 3),
        docString: f('string', 6),
        graph: f('Graph', 7),
        opsetImport: repeated('OperatorSet', 8),
        metadataProps: repeated('Entry', 14),
      },
    },
    OperatorSet: { fields: { domain: f('string', 1), version: f('int64', 2) } },
    Entry: { fields: { key: f('string', 1), value: f('string', 2) } },
    Graph: {
      fields: {
        node: repeated('Node', 1),
        name: f('string', 2),
        initializer: repeated('Tensor', 5),
        docString: f('string', 10),
        input: repeated('ValueInfo', 11),
        output: repeated('ValueInfo', 12),
        valueInfo: repeated('ValueInfo', 13),
      },
    },
    Node: {
      fields: {
        input: repeated('string', 1),
        output: repeated('string', 2),
        name: f('string', 3),
        opType: f('string', 4),
        attribute: repeated('Attribute', 5),
        docString: f('string', 6),
        domain: f('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: f('string', 1),
        f: f('float', 2),
        i: f('int64', 3),
        s: f('bytes', 4),
        t: f('Tensor', 5),
        g: f('Graph', 6),
        floats: repeated('float', 7),
        ints: repeated('int64', 8),
        strings: repeated('bytes', 9),
        type: f('int32', 20),
      },
    },
    Tensor: {
      fields: {
        dims: repeated('int64', 1),
        dataType: f('int32', 2),
        floatData: repeated('float', 4, true),
        int32Data: repeated('int32', 5, true),
        int64Data: repeated('int64', 7, true),
        name: f('string', 8),
        rawData: f('bytes', 9),
        externalData: repeated('Entry', 13),
        dataLocation: f('int32', 14),
      },
    },
    ValueInfo: { fields: { name: f('string', 1), type: f('Type', 2), docString: f('string', 3) } },
    Type: { fields: { tensorType: f('TensorType', 1) } },
    TensorType: { fields: { elemType: f('int32', 1), shape: f('Shape', 2) } },
    Shape: { fields: { dim: repeated('Dimension', 1) } },
    Dimension: { fields: { dimValue: f('int64', 1), dimParam: f('string', 2) } },
  },
};

/** One attribute of a node; `type` is one of {@link ATTRIBUTE_TYPE}. Whole numbers are int64, which a JavaScript number is too narrow for. */
export interface AttributeMessage {
  name: string;
  type: number;
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: TensorMessage;
  g?: GraphMessage;
  floats?: number[];
  ints?: bigint[];
  strings?: Uint8Array[];
}

/** A stored tensor. `dataLocation` 1 means that `externalData` says where the bytes are. */
export interface TensorMessage {
  name?: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: bigint[];
  externalData?: { key: string; value: string }[];
  dataLocation?: number;
}

export interface NodeMessage {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: AttributeMessage[];
  domain?: string;
}

export interface ValueInfoMessage {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

export interface GraphMessage {
  name: string;
  node: NodeMessage[];
  initializer: TensorMessage[];
  input: ValueInfoMessage[];
  output: ValueInfoMessage[];
}

export interface ModelMessage {
  irVersion: number;
  producerName?: string;
  docString?: string;
  graph: GraphMessage;
  opsetImport: { domain?: string; version: number }[];
  metadataProps: { key: string; value: string }[];
}

/** The values of an attribute's `type` field. */
export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

const Model = protobuf.Root.fromJSON(DESCRIPTOR).lookupType('Model');

/** Serialises a model. Fields are written in the order of their numbers, so equal models give equal bytes. */
export function encodeModel(model: ModelMessage): Uint8Array {
  return Model.encode(mapIntegers(model, toHalves) as Record<string, unknown>).finish();
}

/** Parses a model; throws when the bytes are not a protobuf message of this form. */
export function decodeModel(bytes: Uint8Array): ModelMessage {
  const message = Model.toObject(Model.decode(bytes), { arrays: true });
  return mapIntegers(message, fromHalves) as ModelMessage;
}
