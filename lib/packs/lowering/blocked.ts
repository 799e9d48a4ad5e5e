import type { Attributes } from '../onnx/index.js';
import { DOMAIN } from './domain.js';
import type { PassContext } from './pass.js';

/** Blocked form of a value [1, channels, ...]. */
export function block({ graph, precision }: PassContext, value: string): string {
  return graph.add({ type: named('Block', precision), domain: DOMAIN, inputs: [value] });
}

/** The context of an operator that reads a value: float32 when the value's blocked form stayed float32. */
export function reading(context: PassContext, value: string): PassContext {
  const maker = context.graph.producer(value);
  const unblocked = maker?.domain === DOMAIN && maker.type === 'Unblock';
  return unblocked && context.exact.has(maker.inputs[0]!) ? { ...context, precision: 'fp32' } : context;
}

/** The name of an operator whose inputs do not determine its blocked output's element type: one name for each precision. */
export function named(operator: string, precision: PassContext['precision']): string {
  return precision === 'bf16' ? `${operator}Bf16` : operator;
}

/** Unblocks a blocked form into a value [1, channels, ...]. */
function unblock({ graph }: PassContext, blocked: string, channels: number): string {
  return graph.add({ type: 'Unblock', domain: DOMAIN, inputs: [blocked], attributes: { channels } });
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

/** Replaces a value with a blocked form of `channels` channels. */
export function replaceByBlocked(
  context: PassContext,
  value: string,
  blocked: string,
  channels: number,
): void {
  context.graph.replace(value, unblock(context, blocked, channels));
}
