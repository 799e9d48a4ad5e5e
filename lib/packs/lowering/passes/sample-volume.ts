import { VOLUME } from '../../networks/appearance.js';
import type { EditableNode } from '../../onnx/index.js';
import { intOf, textOf } from '../attributes.js';
import { addBlocked, replaceByBlocked } from '../blocked.js';
import { isVolume } from '../domain.js';
import type { Pass, PassContext } from '../pass.js';

/**
 * A volume sampled along a grid whose depth then becomes channels, 16 a channel: each channel fills a block. The volume is brought into an
 * order in which a cell's channels are side by side, by an operator of its own, as that may be the portrait's work.
 *
 * What is sampled is the picture itself: it stays float32 in precision bf16 too, which is worth 1.3 dB of the frame and costs little.
 */
export const sampleVolume: Pass = {
  name: 'sample-volume',
  async run(context) {
    return context.graph.sorted().filter((node) => lower(context, node)).length;
  },
};

function lower(context: PassContext, node: EditableNode): boolean {
  const { graph, shapes } = context;
  const sampling = node.type === 'Reshape' ? graph.producer(node.inputs[0]!) : undefined;
  if (!sampling || !isTrilinear(sampling)) return false;
  const [volume, grid] = sampling.inputs as [string, string];
  const values = [volume, sampling.outputs[0]!];
  if (!values.every((value) => isVolume(shapes.of(value), VOLUME.channels))) return false;
  const flat = shapes.of(node.outputs[0]!);
  if (flat?.join() !== [1, VOLUME.channels * VOLUME.depth, VOLUME.side, VOLUME.side].join()) return false;
  const cellsFirst = addBlocked(context, 'CellsFirst', [volume]);
  const blocked = addBlocked(context, 'SampleVolume', [cellsFirst, grid]);
  context.exact.add(blocked);
  replaceByBlocked(context, node.outputs[0]!, blocked, flat![1]!);
  return true;
}

function isTrilinear(node: EditableNode): boolean {
  return (
    node.type === 'GridSample' &&
    node.domain === '' &&
    textOf(node, 'mode', 'linear') === 'linear' &&
    textOf(node, 'padding_mode', 'zeros') === 'zeros' &&
    intOf(node, 'align_corners', 0) === 0
  );
}
