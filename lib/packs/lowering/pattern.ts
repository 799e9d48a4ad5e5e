import { DATA_TYPE, type EditableGraph, type EditableNode, integersOf, numbersOf } from '../onnx/index.js';

/** The values of a graph that match the names of a pattern. */
export type Found = ReadonlyMap<string, string>;

/** Matches a value against a pattern; `found` contains the matches so far, and the result adds new ones. */
export type Pattern = (graph: EditableGraph, value: string, found: Found) => Found | undefined;

/** Operators whose two inputs may come in either order. */
const COMMUTATIVE = new Set(['Add', 'Mul']);

/** Any value; if the name already has a match, only that value. */
export function any(name: string): Pattern {
  return (_, value, found) => {
    const known = found.get(name);
    if (known !== undefined) return known === value ? found : undefined;
    return new Map(found).set(name, value);
  };
}

/** A float32 constant with this number of axes. */
export function weight(name: string, rank: number): Pattern {
  return (graph, value, found) => {
    const constant = graph.constants.get(value);
    return constant?.dataType === DATA_TYPE.float32 && constant.dims?.length === rank
      ? any(name)(graph, value, found)
      : undefined;
  };
}

/** A small constant of whole numbers. */
export function integers(test: (values: readonly number[]) => boolean, name?: string): Pattern {
  return constantOf((graph, value) => integersOf(graph.constants.get(value)), test, name);
}

/** A small float32 constant. */
export function numbers(test: (values: readonly number[]) => boolean, name?: string): Pattern {
  return constantOf((graph, value) => numbersOf(graph.constants.get(value)), test, name);
}

function constantOf(
  read: (graph: EditableGraph, value: string) => number[] | undefined,
  test: (values: readonly number[]) => boolean,
  name: string | undefined,
): Pattern {
  return (graph, value, found) => {
    const values = read(graph, value);
    if (!values || !test(values)) return undefined;
    return name === undefined ? found : any(name)(graph, value, found);
  };
}

/** Conditions on an operator's node besides its type. */
export interface NodeTest {
  /** Index of the output that is the value; default the first. */
  output?: number;
  test?: (node: EditableNode) => boolean;
}

/** The output of a standard operator whose inputs match their patterns. */
export function op(type: string, inputs: readonly Pattern[], { output = 0, test }: NodeTest = {}): Pattern {
  return (graph, value, found) => {
    const node = graph.producer(value);
    if (node?.type !== type || node.domain !== '' || node.outputs[output] !== value) return undefined;
    if (node.inputs.length !== inputs.length || test?.(node) === false) return undefined;
    const straight = all(graph, inputs, node.inputs, found);
    if (straight || !COMMUTATIVE.has(type)) return straight;
    return all(graph, inputs, [...node.inputs].reverse(), found);
  };
}

function all(
  graph: EditableGraph,
  patterns: readonly Pattern[],
  values: readonly string[],
  found: Found,
): Found | undefined {
  let current: Found | undefined = found;
  for (const [i, pattern] of patterns.entries()) {
    if (!current) return undefined;
    current = pattern(graph, values[i]!, current);
  }
  return current;
}

/** The pattern, under a name for the value itself. */
export function named(name: string, pattern: Pattern): Pattern {
  return (graph, value, found) => {
    const inner = pattern(graph, value, found);
    return inner && any(name)(graph, value, inner);
  };
}

/** x sigmoid(x), for an x that matches its pattern. */
export function silu(x: Pattern): Pattern {
  return (graph, value, found) => {
    const node = graph.producer(value);
    if (node?.type !== 'Mul' || node.domain !== '') return undefined;
    const [a, b] = node.inputs as [string, string];
    for (const [input, gate] of [
      [a, b],
      [b, a],
    ] as const) {
      const sigmoid = graph.producer(gate);
      if (sigmoid?.type === 'Sigmoid' && sigmoid.domain === '' && sigmoid.inputs[0] === input)
        return x(graph, input, found);
    }
    return undefined;
  };
}

/** x W + b with constants; the names are those of W [inputs, outputs] and b. */
export function linear(x: Pattern, matrix: string, bias: string): Pattern {
  return op('Add', [op('MatMul', [x, weight(matrix, 2)]), weight(bias, 1)]);
}

/** Layer normalisation over the last axis; the node itself is under `name`. */
export function layerNorm(x: Pattern, name: string): Pattern {
  return named(
    name,
    op('LayerNormalization', [x, weight(`${name}.gamma`, 1), weight(`${name}.beta`, 1)], {
      test: ({ attributes }) =>
        attributes.every((each) => each.name !== 'axis' || each.i === -1n) &&
        attributes.every((each) => each.name !== 'stash_type' || each.i === 1n),
    }),
  );
}
