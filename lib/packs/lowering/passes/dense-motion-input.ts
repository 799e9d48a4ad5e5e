import { candidateShifts, stackedCandidates } from '../../networks/dense-motion.js';
import { type EditableNode, Graph } from '../../onnx/index.js';
import { addBlocked, block, named, replaceByBlocked } from '../blocked.js';
import type { Pass, PassContext } from '../pass.js';
import { Template } from '../template.js';
import { type VolumeSize, volumeSize } from '../volume-size.js';

/**
 * Makes heat maps and sampled candidates of the dense motion network in blocks in one operator, without the repeated volume. In fp16 of
 * volumes of any size, whose operator reads the volume in blocks too.
 */
export const denseMotionInput: Pass = {
  name: 'dense-motion-input',
  async run(context) {
    let found = 0;
    for (const node of context.graph.sorted()) {
      const size = joinsVolumes(context, node) && volumeSize(context, node.outputs[0]!);
      const bound = size && (await new Template(part(size)).match(context, node.outputs[0]!));
      if (!bound) continue;
      const inputs = ['volume', 'source', 'driving'].map((name) => bound.get(name)!);
      const channels = context.shapes.of(node.outputs[0]!)![1]!;
      replaceByBlocked(context, node.outputs[0]!, added(context, inputs as [string, ...string[]]), channels);
      found++;
    }
    return found;
  },
};

function added(context: PassContext, [volume, ...points]: [string, ...string[]]): string {
  return context.precision === 'fp16'
    ? addBlocked(context, 'MotionInput', [block(context, volume), ...points])
    : addBlocked(context, named('DenseMotionInput', context.precision), [volume, ...points]);
}

/** Whether a node reshapes concatenated volumes into channels of one volume. */
function joinsVolumes({ graph, shapes }: PassContext, node: EditableNode): boolean {
  if (node.type !== 'Reshape' || graph.producer(node.inputs[0]!)?.type !== 'Concat') return false;
  return shapes.of(node.outputs[0]!)?.length === 5;
}

function part(size: VolumeSize): Graph {
  const { depth, side } = size;
  const g = new Graph('dense-motion-input');
  const volume = g.input('volume', 'float32', [1, 4, depth, side, side]);
  const source = g.input('source', 'float32', [1, 21, 3]);
  const driving = g.input('driving', 'float32', [1, 21, 3]);
  const points = { source, driving };
  const stacked = stackedCandidates(g, points, candidateShifts(g, points), () => volume, size);
  g.output('stacked', stacked, 'float32', ['n', 'c', 'd', 'h', 'w']);
  return g;
}
