import { Graph, type Value } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { type Build, linear } from './layers.js';

/** Layer widths of the three networks of the stitching and retargeting module (docs/model.md 11). */
const STITCHING = [126, 128, 128, 64, 65] as const;
const EYE = [66, 256, 256, 128, 128, 64, 63] as const;
const LIP = [65, 128, 128, 64, 63] as const;

const KEYPOINTS = 63;

/**
 * Stitching computes delta [1, 65] from the source and driving keypoints x_s and x_d [1, 21, 3]: 63 numbers to add to the keypoints of x_d
 * and 2 to add to all their x and y, so that the shoulders do not move. The output stitched [1, 21, 3] is x_d with both added.
 */
export function stitchingGraph(weights: Weights): Graph {
  const g = new Graph('stitching', { description: "LivePortrait's stitching network" });
  const source = keypoints(g, 'x_s');
  const driving = keypoints(g, 'x_d');
  const delta = perceptron({ g, weights }, g.concat(1, [flat(source), flat(driving)]), STITCHING);
  const [each, all] = g.split(delta, 1, [KEYPOINTS, 2]) as [Value, Value];
  const shift = g.op('Pad', [all, g.ints([0, 0, 0, 1])]).unsqueeze(1);
  g.output('stitched', driving.add(each.reshape(1, 21, 3)).add(shift), 'float32', [1, 21, 3]);
  g.output('delta', delta, 'float32', [1, KEYPOINTS + 2]);
  return g;
}

/** Eye retargeting computes delta [1, 21, 3], which is added to x_d, from x_s [1, 21, 3] and ratio [1, 3] (left, right, target). */
export function eyeGraph(weights: Weights): Graph {
  return retargetingGraph('eye', weights, 3, EYE);
}

/** Lip retargeting computes delta [1, 21, 3], which is added to x_d, from x_s [1, 21, 3] and ratio [1, 2] (source, target). */
export function lipGraph(weights: Weights): Graph {
  return retargetingGraph('lip', weights, 2, LIP);
}

function retargetingGraph(part: string, weights: Weights, ratios: number, widths: readonly number[]): Graph {
  const g = new Graph(part, { description: `LivePortrait's ${part} retargeting network` });
  const input = g.concat(1, [flat(keypoints(g, 'x_s')), g.input('ratio', 'float32', [1, ratios])]);
  g.output('delta', perceptron({ g, weights }, input, widths).reshape(1, 21, 3), 'float32', [1, 21, 3]);
  return g;
}

const keypoints = (g: Graph, name: string) => g.input(name, 'float32', [1, 21, 3]);
const flat = (points: Value) => points.reshape(1, KEYPOINTS);

/** Linear layers with ReLU between them. The layer numbers in the checkpoint count the ReLUs too. */
function perceptron(b: Build, input: Value, widths: readonly number[]): Value {
  return widths.slice(1).reduce<Value>((x, to, i) => {
    const y = linear(b, `mlp.${2 * i}`, x, { from: widths[i]!, to });
    return i < widths.length - 2 ? y.relu() : y;
  }, input);
}
