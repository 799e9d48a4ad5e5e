import { VOLUME } from '../../networks/appearance.js';
import { candidateShifts, stackedCandidates } from '../../networks/dense-motion.js';
import { Graph } from '../../onnx/index.js';
import { addBlocked, named, replaceByBlocked } from '../blocked.js';
import type { Pass } from '../pass.js';
import { Template } from '../template.js';

const { depth, side } = VOLUME;

/** Heat maps and sampled candidates of the dense motion network, made in blocks in one go, without the repeated volume. */
export const denseMotionInput: Pass = {
  name: 'dense-motion-input',
  async run(context) {
    if (!context.graph.nodes.some(({ type }) => type === 'GridSample')) return 0;
    const template = new Template(part());
    let found = 0;
    for (const node of context.graph.sorted()) {
      if (node.type !== template.end.type) continue;
      const bound = await template.match(context, node.outputs[0]!);
      if (!bound) continue;
      const inputs = ['volume', 'source', 'driving'].map((name) => bound.get(name)!);
      const channels = context.shapes.of(node.outputs[0]!)![1]!;
      replaceByBlocked(
        context,
        node.outputs[0]!,
        addBlocked(context, named('DenseMotionInput', context.precision), inputs),
        channels,
      );
      found++;
    }
    return found;
  },
};

function part(): Graph {
  const g = new Graph('dense-motion-input');
  const volume = g.input('volume', 'float32', [1, 4, depth, side, side]);
  const source = g.input('source', 'float32', [1, 21, 3]);
  const driving = g.input('driving', 'float32', [1, 21, 3]);
  const points = { source, driving };
  const stacked = stackedCandidates(g, points, candidateShifts(g, points), () => volume);
  g.output('stacked', stacked, 'float32', ['n', 'c', 'd', 'h', 'w']);
  return g;
}
