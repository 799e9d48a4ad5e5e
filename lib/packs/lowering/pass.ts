import type { EditableGraph } from '../onnx/index.js';
import type { Precision } from './precision.js';
import type { Shapes } from './shapes.js';
import type { LayOutWeights } from './weight-layout.js';

/** The input of a pass. */
export interface PassContext {
  readonly graph: EditableGraph;
  /** Shapes of the graph's values, including values that passes add. */
  readonly shapes: Shapes;
  readonly precision: Precision;
  /** Blocked values that stay float32 in every precision, as do the results of convolutions over them. */
  readonly exact: Set<string>;
  /** Absent in fp16, whose weights a plan packs. */
  readonly layOutWeights?: LayOutWeights | undefined;
}

/**
 * One rewriting of a graph. It recognises patterns by operators, attributes, shapes and constants, never by names, and leaves
 * everything else unchanged. New constants are computed only when the graph is written: a pass reads only the constants
 * that it has to check.
 */
export interface Pass {
  /** Its name in tests; the file has the same name. */
  readonly name: string;
  /** Rewrites all patterns that it finds; returns their number. */
  run(context: PassContext): Promise<number>;
}
