import { KdtalkerError } from '../../../errors.js';
import type { EditableNode } from '../../onnx/index.js';

/** The node that operations come from, for messages. */
export type Origin = Pick<EditableNode, 'type' | 'domain' | 'name'>;

/** A node that a plan cannot have. @param form what about it, if the operator as such could */
export function refusal(role: string, { type, domain, name }: Origin, form = ''): KdtalkerError {
  const operator = domain ? `${domain}:${type}` : type;
  return new KdtalkerError(
    'OPERATOR_UNSUPPORTED',
    `Expected an operator that the device has for node '${name}' of role '${role}' but received ${operator}${form && ` ${form}`}. Use device 'cpu'`,
  );
}
