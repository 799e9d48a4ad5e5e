import { fromFront, intOf, intsOf, textOf } from '../../attributes.js';
import type { NodeContext, PlanNode } from '../node-context.js';
import { OperationWriter, overAll } from '../operation.js';
import { constantValue } from '../storage.js';
import { withThreeAxes } from './windows.js';

/** Resizing of pictures, by tables of the places between which every element lies. */
export const RESIZES: Record<string, PlanNode> = { Resize: resize };

const f = Math.fround;

/** How an axis is resized. */
interface Scaling {
  from: number;
  to: number;
  scale: number;
}

/** A place of the result between two of the input; `weight` is of the second. */
interface Between {
  low: number;
  high: number;
  weight: number;
}

function resize(context: NodeContext): void {
  const value = context.input(0);
  const { dims } = value.layout;
  if (dims.length < 3 || dims.length > 5) throw context.refuse(`of ${dims.length} axes`);
  checkForm(context);
  const scalings = scalingsOf(context, dims);
  if (scalings.slice(0, 2).some(({ from, to }) => from !== to)) throw context.refuse('of batch or channels');
  const out = context.out(scalings.map(({ to }) => to));
  const three = [
    ...new Array<Scaling>(5 - dims.length).fill({ from: 1, to: 1, scale: 1 }),
    ...scalings.slice(2),
  ];
  const table = three.flatMap((scaling) => lineOf(context, scaling));
  const between = constantValue(
    'int64',
    [2 * table.length],
    table.flatMap(({ low, high }) => [low, high]),
  );
  const weights = constantValue(
    'float32',
    [table.length],
    table.map(({ weight }) => weight),
  );
  const [to, from] = [withThreeAxes(out.layout), withThreeAxes(value.layout)];
  const writer = new OperationWriter().axes(to.dims).integers(...from.dims.slice(2));
  writer.write(out, overAll(to)).read(value, overAll(from)).readRow(between).readRow(weights);
  context.emit(writer, 'resize');
}

function checkForm(context: NodeContext): void {
  const { node } = context;
  const coordinates = textOf(node, 'coordinate_transformation_mode', 'half_pixel');
  if (!COORDINATES[coordinates]) throw context.refuse(`with coordinates '${coordinates}'`);
  const mode = textOf(node, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear') throw context.refuse(`with mode '${mode}'`);
  if (intOf(node, 'antialias', 0)) throw context.refuse('with antialias');
  if (textOf(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw context.refuse('that keeps a ratio');
}

function scalingsOf(context: NodeContext, dims: readonly number[]): Scaling[] {
  const axes = (intsOf(context.node, 'axes') ?? dims.map((_, axis) => axis)).map((axis) =>
    fromFront(axis, dims.length),
  );
  const sizes = context.numbersIf(3, 'sizes');
  const scales = sizes ? undefined : context.numbers(2, 'scales');
  return dims.map((from, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return { from, to: from, scale: 1 };
    if (sizes) return { from, to: sizes[at]!, scale: f(sizes[at]! / from) };
    return { from, to: Math.floor(f(from * scales![at]!)), scale: f(scales![at]!) };
  });
}

/** The place in the input of a place in the result, in float32 as ONNX Runtime computes it. */
const COORDINATES: Record<string, (at: number, scaling: Scaling) => number> = {
  half_pixel: (at, { scale }) => f(f(f(at + 0.5) / scale) - 0.5),
  pytorch_half_pixel: (at, { scale, to }) => (to > 1 ? f(f(f(at + 0.5) / scale) - 0.5) : 0),
  asymmetric: (at, { scale }) => f(at / scale),
  align_corners: (at, { from, to }) => (to === 1 ? 0 : f(f(at * (from - 1)) / (to - 1))),
};

const NEAREST: Record<string, (at: number) => number> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (at) => (at === Math.trunc(at) + 0.5 ? Math.floor(at) : Math.round(at)),
  round_prefer_ceil: Math.round,
};

function lineOf({ node }: NodeContext, scaling: Scaling): Between[] {
  const coordinate = COORDINATES[textOf(node, 'coordinate_transformation_mode', 'half_pixel')]!;
  const nearest = NEAREST[textOf(node, 'nearest_mode', 'round_prefer_floor')]!;
  const last = scaling.from - 1;
  const inside = (at: number) => Math.min(Math.max(at, 0), last);
  return Array.from({ length: scaling.to }, (_, at) => {
    const place = scaling.from === scaling.to ? at : coordinate(at, scaling);
    if (textOf(node, 'mode', 'nearest') === 'nearest') {
      const low = inside(nearest(place));
      return { low, high: low, weight: 0 };
    }
    const low = Math.floor(inside(place));
    return { low, high: inside(low + 1), weight: low === last ? 0 : f(inside(place) - low) };
  });
}
