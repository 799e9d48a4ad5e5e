import type { EditableGraph } from '../../onnx/index.js';
import { type Convolution, convolutionOf, isKernel } from '../convolution.js';
import { derived } from '../derived.js';
import type { Pass, PassContext } from '../pass.js';
import { type Spade, spadeOf } from '../spade.js';

/**
 * A convolution of kernel 1 right after a SPADE, the short cut of a block whose widths differ:
 *
 *     S (norm(x) gamma(a) + beta(a)) = S (norm(x) gamma(a)) + (S beta)(a)
 *
 * S beta is one convolution of kernel 3 with as few outputs as S has. Beta's zero padding adds nothing on either side, so that the
 * borders agree. Standard operators take the place of standard operators; the passes after this one lower them.
 */
export const composedShortcut: Pass = {
  name: 'composed-shortcut',
  async run(context) {
    let found = 0;
    for (const node of context.graph.sorted()) {
      const shortcut = convolutionOf(context, node);
      if (!shortcut || !isKernel(shortcut, 1)) continue;
      const spade = await spadeBehind(context, shortcut);
      if (!spade || shortcut.outputs >= spade.channels) continue;
      rewrite(context, shortcut, spade);
      found++;
    }
    return found;
  },
};

async function spadeBehind(context: PassContext, { input }: Convolution): Promise<Spade | undefined> {
  const maker = context.graph.usedOnce(input) ? context.graph.producer(input) : undefined;
  return maker && spadeOf(context, maker);
}

function rewrite({ graph }: PassContext, shortcut: Convolution, spade: Spade): void {
  const { convolution, normal } = spade;
  const gamma = convolve(graph, convolution, gammaOf(graph, spade));
  const scaled = graph.add({ type: 'Mul', inputs: [normal, gamma] });
  const drawn = graph.add({ type: 'Conv', inputs: [scaled, shortcut.weight, shortcut.bias] });
  const shift = convolve(graph, convolution, shiftOf(graph, spade, shortcut));
  graph.replace(shortcut.node.outputs[0]!, graph.add({ type: 'Add', inputs: [drawn, shift] }));
}

/** Names of constants. */
interface Layer {
  weight: string;
  bias: string | undefined;
}

/** The same convolution with other constants. */
function convolve(graph: EditableGraph, { input, kernel }: Convolution, { weight, bias }: Layer): string {
  const attributes = { kernel_shape: kernel, pads: [...kernel, ...kernel].map((length) => length >> 1) };
  return graph.add({ type: 'Conv', inputs: [input, weight, bias], attributes });
}

/** The upper half of the convolution for scale and shift. */
function gammaOf(graph: EditableGraph, { convolution, channels }: Spade): Layer {
  const { weight, bias, inputs, kernel } = convolution;
  const upper = (values: Float32Array) => values.subarray(0, values.length / 2);
  const half = (name: string, dims: readonly number[]) =>
    derived(graph, `${name}:scale`, dims, [name], upper);
  return { weight: half(weight, [channels, inputs, ...kernel]), bias: bias && half(bias, [channels]) };
}

/** The lower half, followed by the short cut. */
function shiftOf(graph: EditableGraph, { convolution }: Spade, shortcut: Convolution): Layer {
  const { weight, bias, inputs, kernel } = convolution;
  const { outputs, weight: matrix } = shortcut;
  const composed = (name: string, dims: readonly number[]) =>
    derived(graph, `${name}:shift`, dims, [matrix, name], (rows, both) =>
      product(rows, both.subarray(both.length / 2), outputs),
    );
  return { weight: composed(weight, [outputs, inputs, ...kernel]), bias: bias && composed(bias, [outputs]) };
}

/** A B of A [rows, n] and B [n, columns], summed in float64. */
function product(a: Float32Array, b: Float32Array, rows: number): Float32Array {
  const between = a.length / rows;
  const columns = b.length / between;
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const sums = new Float64Array(columns);
    for (let i = 0; i < between; i++) {
      const factor = a[row * between + i]!;
      for (let column = 0; column < columns; column++) sums[column]! += factor * b[i * columns + column]!;
    }
    out.set(sums, row * columns);
  }
  return out;
}
