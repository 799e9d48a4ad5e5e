import type { Attributes } from '../onnx/index.js';
import { DOMAIN } from './domain.js';
import type { PassContext } from './pass.js';

/** Blocked form of a value [1, channels, ...]. */
export function pack({ graph, precision }: PassContext, value: string): string {
  return graph.add({ type: packOperator(precision), domain: DOMAIN, inputs: [value] });
}

/** The operator that makes the blocked form of a precision. */
export function packOperator(precision: PassContext['precision']): string {
  return precision === 'bf16' ? 'PackBf16' : 'Pack';
}

/** The value [1, channels, ...] of a blocked form. */
export function unpack({ graph }: PassContext, blocked: string, channels: number): string {
  return graph.add({ type: 'Unpack', domain: DOMAIN, inputs: [blocked], attributes: { channels } });
}

/** Adds an operator of the domain `kdtalker` with one output. */
export function addBlocked(
  { graph }: PassContext,
  type: string,
  inputs: readonly (string | undefined)[],
  attributes: Attributes = {},
): string {
  return graph.add({ type, domain: DOMAIN, inputs, attributes });
}

/** Lets the blocked form of `channels` channels take the place of a value. */
export function replaceByBlocked(
  context: PassContext,
  value: string,
  blocked: string,
  channels: number,
): void {
  context.graph.replace(value, unpack(context, blocked, channels));
}
