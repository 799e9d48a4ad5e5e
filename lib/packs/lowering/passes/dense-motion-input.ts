import { candidateShifts, stackedCandidates } from '../../networks/dense-motion.js';
import { VOLUME } from '../../networks/renderer-shape.js';
import { type EditableNode, Graph } from '../../onnx/index.js';
import { addBlocked, named, replaceByBlocked } from '../blocked.js';
import type { Pass, PassContext } from '../pass.js';
import { Template } from '../template.js';

const { depth, side } = VOLUME;

/** Makes heat maps and sampled candidates of the dense motion network in blocks in one operator, without the repeated volume. */
export const denseMotionInput: Pass = {
  name: 'dense-motion-input',
  async run(context) {
    const candidates = context.graph.sorted().filter((node) => joinsVolumes(context, node));
    if (!candidates.length) return 0; // the template takes a while to build
    const template = new Template(part());
    let found = 0;
    for (const node of candidates) {
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

/** Whether a node reshapes concatenated volumes into channels of one volume. */
function joinsVolumes({ graph, shapes }: PassContext, node: EditableNode): boolean {
  if (node.type !== 'Reshape' || graph.producer(node.inputs[0]!)?.type !== 'Concat') return false;
  return shapes.of(node.outputs[0]!)?.length === 5;
}

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
