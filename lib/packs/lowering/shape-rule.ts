import type { EditableNode } from '../onnx/index.js';

/** Lengths of the axes of a value; undefined where they are not known before a run. */
export type Shape = readonly number[] | undefined;

/** The data available to a rule. */
export interface Operation {
  node: EditableNode;
  /** Shape of an input. */
  shape(input: number): Shape;
  /** Whole numbers of an input that is a small constant. */
  integers(input: number): number[] | undefined;
  /** Numbers of an input that is a small float32 constant. */
  numbers(input: number): number[] | undefined;
  /** Index of the requested output. */
  output: number;
}

/** Shape of an output; undefined when an input's shape is unknown or the packs do not use this form of the operator. */
export type ShapeRule = (operation: Operation) => Shape;
