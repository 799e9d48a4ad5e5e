import type { EditableNode } from '../onnx/index.js';

/** Lengths of the axes of a value; undefined where they are not known before a run. */
export type Shape = readonly number[] | undefined;

/** What a rule may look at. */
export interface Operation {
  node: EditableNode;
  /** Shape of an input. */
  shape(input: number): Shape;
  /** Whole numbers of an input that is a small constant. */
  integers(input: number): number[] | undefined;
  /** Numbers of an input that is a small float32 constant. */
  numbers(input: number): number[] | undefined;
  /** Which output of the node is asked for. */
  output: number;
}

/** Shape of an output; undefined where an input's is not known or the form of the operator is not one we use. */
export type ShapeRule = (operation: Operation) => Shape;
