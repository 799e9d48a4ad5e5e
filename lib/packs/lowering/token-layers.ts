import type { EditableNode } from '../onnx/index.js';
import { floatOf, intOf, intsOf } from './attributes.js';
import { DOMAIN } from './domain.js';
import type { PassContext } from './pass.js';
import { laidOutWeights } from './weights.js';

/** The operator that runs layers over tokens [1, m, width], any number of them at once. */
const OPERATOR = 'TokenLayers';

/** One layer as the operator takes it (native/ops/token_layers.h). */
export interface TokenLayer {
  kind: 'linear' | 'silu' | 'residual' | 'attention';
  /** Width of the tokens after it. */
  width: number;
  /** Of a residual layer: where its scale and shift begin in the condition. */
  offset?: number;
  /** After the tokens. */
  inputs: readonly (string | undefined)[];
}

/** The common properties of one operator's layers. */
export interface TokenSettings {
  epsilon: number;
  /** Omitted when no layer is an attention layer. */
  heads?: number;
}

/** A node of {@link addTokenLayers}, read. */
export interface TokenLayers extends TokenSettings {
  /** The tokens it takes. */
  x: string;
  layers: TokenLayer[];
  output: string;
}

/** Inputs of each kind after the tokens. */
const INPUTS = { linear: 2, silu: 0, residual: 8, attention: 7 } as const;

/** Adds the operator; its output is returned. */
export function addTokenLayers(
  { graph, precision }: PassContext,
  x: string,
  layers: readonly TokenLayer[],
  { epsilon, heads = 0 }: TokenSettings,
): string {
  return graph.add({
    type: OPERATOR,
    domain: DOMAIN,
    inputs: [x, ...layers.flatMap(({ inputs }) => inputs)],
    attributes: {
      layers: layers.map(({ kind }) => kind),
      widths: layers.map(({ width }) => width),
      offsets: layers.map(({ offset = 0 }) => offset),
      epsilon,
      heads,
      precision,
    },
  });
}

/** Reads a node that {@link addTokenLayers} made; undefined for any other. */
export function tokenLayersOf(node: EditableNode | undefined): TokenLayers | undefined {
  if (node?.type !== OPERATOR || node.domain !== DOMAIN) return undefined;
  const [widths, offsets] = [intsOf(node, 'widths')!, intsOf(node, 'offsets')!];
  const heads = intOf(node, 'heads', 0);
  let next = 1;
  const layers = kindsOf(node).map((kind, i) => {
    const inputs = node.inputs.slice(next, next + INPUTS[kind]);
    next += INPUTS[kind];
    return { kind, width: widths[i]!, offset: offsets[i]!, inputs };
  });
  const settings = { epsilon: floatOf(node, 'epsilon', 0), ...(heads && { heads }) };
  return { x: node.inputs[0]!, layers, output: node.outputs[0]!, ...settings };
}

function kindsOf({ attributes }: EditableNode): TokenLayer['kind'][] {
  const kinds = attributes.find(({ name }) => name === 'layers')?.strings ?? [];
  return kinds.map((kind) => Buffer.from(kind).toString() as TokenLayer['kind']);
}

/** The tokens from which layers that keep their number computed a value. */
export function tokensBehind({ graph }: PassContext, value: string): string {
  let current = value;
  for (;;) {
    const layers = tokenLayersOf(graph.producer(current));
    if (!layers) return current;
    current = layers.x;
  }
}

/** A matrix [inputs, outputs] as the operator reads it. */
export function laidOutMatrix(context: PassContext, matrix: string): string {
  const [inputs, outputs] = context.graph.constants.get(matrix)!.dims as [number, number];
  return laidOutWeights(context, matrix, { operator: OPERATOR, outputs, inputs, kernel: [] });
}
