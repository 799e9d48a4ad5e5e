import type { EditableNode } from '../onnx/index.js';

/** Attributes of a node by name, each with the value it has when left out. */

export function intOf(node: EditableNode, name: string, missing: number): number {
  return find(node, name)?.i ?? missing;
}

export function floatOf(node: EditableNode, name: string, missing: number): number {
  return find(node, name)?.f ?? missing;
}

export function intsOf(node: EditableNode, name: string): number[] | undefined {
  return find(node, name)?.ints;
}

export function textOf(node: EditableNode, name: string, missing: string): string {
  const bytes = find(node, name)?.s;
  return bytes === undefined ? missing : Buffer.from(bytes).toString();
}

function find({ attributes }: EditableNode, name: string) {
  return attributes.find((attribute) => attribute.name === name);
}
