import type { Pass, PassContext } from '../pass.js';
import { any, type Found, linear, type Pattern } from '../pattern.js';
import {
  addTokenLayers,
  laidOutMatrix,
  type TokenLayer,
  type TokenLayers,
  type TokenSettings,
  tokenLayersOf,
} from '../token-layers.js';

/** Merges consecutive layers over tokens into one operator, with the linear layers before the first and after the last. */
export const tokenStack: Pass = {
  name: 'token-stack',
  async run(context) {
    let found = 0;
    while (grow(context)) found++;
    return found;
  },
};

/** Joins two neighbours; returns false when there are none. */
function grow(context: PassContext): boolean {
  for (const node of context.graph.sorted()) {
    const layers = tokenLayersOf(node);
    const grown = layers && (before(context, layers) ?? after(context, layers));
    if (grown === undefined) continue;
    context.graph.prune();
    return true;
  }
  return false;
}

const LINEAR: Pattern = linear(any('x'), 'matrix', 'bias');

/** Adds the linear layer that makes the tokens, if nothing else uses its output. */
function before(context: PassContext, { x, layers, output, ...settings }: TokenLayers): string | undefined {
  const { graph } = context;
  if (!graph.usedOnce(x)) return undefined;
  const above = tokenLayersOf(graph.producer(x));
  const common = above && commonOf(above, settings);
  if (above && common) return put(context, output, above.x, [...above.layers, ...layers], common);
  const match = LINEAR(graph, x, new Map());
  return match && put(context, output, match.get('x')!, [linearLayer(context, match), ...layers], settings);
}

/** Adds the linear layer that is the only user of the tokens. */
function after(context: PassContext, { x, layers, output, ...settings }: TokenLayers): string | undefined {
  const { graph } = context;
  const [product] = graph.usedOnce(output) ? graph.users(output) : [];
  const [sum] = product && graph.usedOnce(product.outputs[0]!) ? graph.users(product.outputs[0]!) : [];
  const match = sum && LINEAR(graph, sum.outputs[0]!, new Map([['x', output]]));
  return match && put(context, sum.outputs[0]!, x, [...layers, linearLayer(context, match)], settings);
}

function put(
  context: PassContext,
  old: string,
  x: string,
  layers: readonly TokenLayer[],
  settings: TokenSettings,
): string {
  const value = addTokenLayers(context, x, layers, settings);
  context.graph.replace(old, value);
  return value;
}

function linearLayer(context: PassContext, match: Found): TokenLayer {
  const matrix = match.get('matrix')!;
  const width = context.graph.constants.get(matrix)!.dims![1]!;
  return { kind: 'linear', width, inputs: [laidOutMatrix(context, matrix), match.get('bias')!] };
}

/** The common value of both; undefined when they differ. */
function commonOf(a: TokenSettings, b: TokenSettings): TokenSettings | undefined {
  if (a.epsilon !== b.epsilon) return undefined;
  const heads = a.heads ?? b.heads;
  if (heads === undefined) return { epsilon: a.epsilon };
  return b.heads === undefined || b.heads === heads ? { epsilon: a.epsilon, heads } : undefined;
}
