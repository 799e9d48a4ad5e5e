import { asLength, type EditableNode } from '../onnx/index.js';

// Attributes of a node by name, each with its default. An attribute without a value is zero: proto3 does not write zeros.

export function intOf(node: EditableNode, name: string, missing: number): number {
  const found = find(node, name);
  return found ? asLength(found.i ?? 0n) : missing;
}

export function floatOf(node: EditableNode, name: string, missing: number): number {
  const found = find(node, name);
  return found ? (found.f ?? 0) : missing;
}

export function intsOf(node: EditableNode, name: string): number[] | undefined {
  return find(node, name)?.ints?.map(asLength);
}

export function textOf(node: EditableNode, name: string, missing: string): string {
  const found = find(node, name);
  return found ? Buffer.from(found.s ?? []).toString() : missing;
}

/** An axis or index that may count from the end. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Attributes as text; equal attributes give equal text in any order. */
export function attributesText({ attributes }: EditableNode): string {
  const byName = [...attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify(byName, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}

function find({ attributes }: EditableNode, name: string) {
  return attributes.find((attribute) => attribute.name === name);
}
