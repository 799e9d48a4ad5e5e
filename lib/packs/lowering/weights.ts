import { DATA_TYPE, readFloats } from '../onnx/index.js';
import { BLOCK, blocksOf } from './domain.js';
import type { PassContext } from './pass.js';
import type { WeightLayout } from './weight-layout.js';

/**
 * Adds a constant of laid out weights to the graph, computed from a float32 constant when the graph is written. In fp16 it is that
 * constant: the plan of the graph packs it.
 */
export function laidOutWeights(
  context: PassContext,
  weight: string,
  shape: Omit<WeightLayout, 'precision'>,
): string {
  const { precision, layOutWeights } = context;
  if (precision === 'fp16' || !layOutWeights) return weight;
  const layout = { ...shape, precision };
  const stored = context.graph.constants.get(weight)!;
  return context.graph.addConstant(`${weight}:laid-out`, {
    dataType: DATA_TYPE.uint8,
    bytes: stored.bytes,
    read: async () => layOutWeights(layout, await readFloats(stored)),
  });
}

/** Adds a bias for every lane of the blocks of this number of channels to the graph: the given constant, or zeros. */
export function laneBias({ graph }: PassContext, bias: string | undefined, channels: number): string {
  const stored = bias === undefined ? undefined : graph.constants.get(bias)!;
  const lanes = BLOCK * blocksOf(channels);
  if (bias !== undefined && lanes === channels) return bias;
  return graph.addConstant(`${bias ?? 'bias'}:lanes`, {
    dims: [lanes],
    dataType: DATA_TYPE.float32,
    bytes: stored?.bytes ?? 0,
    async read() {
      const values = new Float32Array(lanes);
      if (stored) values.set(await readFloats(stored));
      return new Uint8Array(values.buffer);
    },
  });
}
