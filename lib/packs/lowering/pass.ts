import type { EditableGraph } from '../onnx/index.js';
import type { Precision } from './precision.js';
import type { Shapes } from './shapes.js';
import type { LayOutWeights } from './weight-layout.js';

/** What a pass works on. */
export interface PassContext {
  readonly graph: EditableGraph;
  /** Shapes of the graph's values, also of those that passes add. */
  readonly shapes: Shapes;
  readonly precision: Precision;
  /** Blocked values that stay float32 whatever the precision, and so does what is convolved from them. */
  readonly exact: Set<string>;
  readonly layOutWeights: LayOutWeights;
}

/**
 * One rewriting of a graph. It recognises what it rewrites by operators, attributes, shapes and constants, never by names, and leaves
 * alone whatever differs. Constants are given to the graph as something to be made when it is written: a pass reads only those
 * it has to look at.
 */
export interface Pass {
  /** As it is named in tests; the file is named after it. */
  readonly name: string;
  /** Rewrites all that it finds; says how many patterns that were. */
  run(context: PassContext): Promise<number>;
}
