import { sizeOf } from '../../../onnx/types.js';
import { intOf, textOf } from '../../attributes.js';
import { insertedLayout, pickedLayout } from '../layout.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter, overAll } from '../operation.js';
import { withThreeAxes } from './windows.js';

/** Sampling of pictures and volumes at positions. */
export const SAMPLES: Record<string, PlanNode> = { GridSample: sample };

const MODES: Record<string, number> = { linear: 0, bilinear: 0, nearest: 1 };
const BORDERS: Record<string, number> = { zeros: 0, border: 1 };

/** [n, c, (depth,) height, width] at positions [n, (depth,) height, width, 2 or 3]. */
function sample(context: NodeContext): void {
  const { node } = context;
  const [mode, border] = [textOf(node, 'mode', 'linear'), textOf(node, 'padding_mode', 'zeros')];
  if (MODES[mode] === undefined) throw context.refuse(`with mode '${mode}'`);
  if (BORDERS[border] === undefined) throw context.refuse(`with padding_mode '${border}'`);
  const [value, positions] = [context.input(0), context.input(1)];
  const axes = value.layout.dims.length - 2;
  if (axes < 2 || axes > 3) throw context.refuse(`on ${axes} axes`);
  const [n, channels] = value.layout.dims as [number, number];
  const out = context.out([n, channels, ...positions.layout.dims.slice(1, -1)]);
  const [to, from] = [withThreeAxes(out.layout), withThreeAxes(value.layout)];
  const last = positions.layout.dims.length - 1;
  const first = pickedLayout(positions.layout, last, 0);
  const grid = axes === 2 ? insertedLayout(first, 1) : first;
  const flags = [intOf(node, 'align_corners', 0), MODES[mode], BORDERS[border]!];
  const writer = new OperationWriter().axes(grid.dims).axes([channels]);
  writer.integers(...from.dims.slice(2), axes, ...flags);
  writer.write(out, overAll(pickedLayout(to, 1, 0)), [[channels], [to.strides[1]!]]);
  writer.read(value, overAll(pickedLayout(from, 1, 0)), [[channels], [from.strides[1]!]]);
  writer.read(positions, overAll(grid), [[axes], [positions.layout.strides[last]!]]);
  context.emit(writer, 'sample', sizeOf(out.layout.dims) * 2 ** axes);
}
