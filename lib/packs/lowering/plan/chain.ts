import { broadcastLayout, mergedAxes } from './layout.js';
import { OperationWriter, type PlanOperation } from './operation.js';
import type { Origin } from './refusal.js';
import { codeNumber, type StepCode } from './steps.js';
import type { PlanValue } from './storage.js';

/** The most steps of one kernel; native/kernels/plan/map.h. */
export const MOST_STEPS = 8;

/** One elementwise operator on the value so far. */
export interface Step {
  code: StepCode;
  /** The other operand, if it is not a number. */
  operand?: PlanValue | undefined;
  /** The other operand comes first. */
  swapped?: boolean;
  /** The other operand or a parameter. */
  first?: number;
  second?: number;
}

/** Elementwise operators one after the other. */
export interface Chain {
  /** Of the result. */
  dims: readonly number[];
  start: PlanValue;
  steps: readonly Step[];
  /** The last node. */
  node: Origin;
}

/** The kernel that computes a chain. */
export function chainOperation({ dims, start, steps, node }: Chain, out: PlanValue): PlanOperation {
  const operands = [start, ...steps.flatMap(({ operand }) => operand ?? [])];
  const layouts = [out, ...operands].map(({ layout }) => broadcastLayout(layout, dims));
  const { lengths, strides } = mergedAxes(
    dims,
    layouts.map((layout) => layout.strides),
  );
  const writer = new OperationWriter().axes(lengths).write(out, [lengths, strides[0]!]);
  writer.integers(operands.length);
  operands.forEach((operand, i) => void writer.read(operand, [lengths, strides[i + 1]!]));
  writer.integers(steps.length);
  let next = 1;
  for (const { code, operand, swapped, first = 0, second = 0 } of steps)
    writer.integers(codeNumber(code), operand ? next++ : -1, swapped ? 1 : 0).floats(first, second);
  return writer.done('map', node);
}
