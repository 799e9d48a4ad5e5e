/**
 * How the elements of a tensor lie in a dense array: where its first one is, its lengths, and the distance from one element to the
 * next along every axis. All in elements. An axis that is repeated has stride 0, one that is reversed a negative stride.
 */
export interface Layout {
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

/** Row-major, from the beginning. */
export function denseLayout(dims: readonly number[]): Layout {
  return { offset: 0, dims, strides: denseStrides(dims) };
}

function denseStrides(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let step = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= dims[axis]!;
  }
  return strides;
}

/** Whether the elements lie side by side in their order; axes of length 1 may have any stride. */
export function isDense({ dims, strides }: Layout): boolean {
  const dense = denseStrides(dims);
  return dims.every((length, axis) => length === 1 || strides[axis] === dense[axis]);
}

export function transposedLayout({ offset, dims, strides }: Layout, perm: readonly number[]): Layout {
  return { offset, dims: perm.map((axis) => dims[axis]!), strides: perm.map((axis) => strides[axis]!) };
}

/** The `length` elements of an axis that begin at `start` and lie `step` apart. */
export function slicedLayout(layout: Layout, axis: number, start: number, length: number, step = 1): Layout {
  const { offset, dims, strides } = layout;
  return {
    offset: offset + start * strides[axis]!,
    dims: dims.with(axis, length),
    strides: strides.with(axis, strides[axis]! * step),
  };
}

/** Without an axis, at one of its elements. */
export function pickedLayout(layout: Layout, axis: number, at: number): Layout {
  const { offset, dims, strides } = slicedLayout(layout, axis, at, 1);
  return { offset, dims: dims.toSpliced(axis, 1), strides: strides.toSpliced(axis, 1) };
}

/** With another axis of length 1 before `axis`. */
export function insertedLayout({ offset, dims, strides }: Layout, axis: number): Layout {
  return { offset, dims: dims.toSpliced(axis, 0, 1), strides: strides.toSpliced(axis, 0, 0) };
}

/** Repeated along axes of length 1, and along axes that are added in front. The dims must allow it. */
export function broadcastLayout({ offset, dims, strides }: Layout, wanted: readonly number[]): Layout {
  const added = wanted.length - dims.length;
  const stride = (axis: number) =>
    axis < added || (dims[axis - added] === 1 && wanted[axis] !== 1) ? 0 : strides[axis - added]!;
  return { offset, dims: wanted, strides: wanted.map((_, axis) => stride(axis)) };
}

/** The same elements in the same order with other lengths, of the same product; undefined if no strides can say that. */
export function reshapedLayout(layout: Layout, wanted: readonly number[]): Layout | undefined {
  if (wanted.includes(0)) return { offset: layout.offset, dims: wanted, strides: wanted.map(() => 0) };
  const long = layout.dims.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  const [old, steps] = [long.map((axis) => layout.dims[axis]!), long.map((axis) => layout.strides[axis]!)];
  const strides = new Array<number>(wanted.length).fill(0);
  let [from, to] = [0, 0];
  while (from < old.length) {
    let [after, next] = [from + 1, to + 1];
    let [have, want] = [old[from]!, wanted[to]!];
    while (have !== want) {
      if (want < have) want *= wanted[next++]!;
      else have *= old[after++]!;
    }
    for (let axis = from; axis < after - 1; axis++)
      if (steps[axis] !== old[axis + 1]! * steps[axis + 1]!) return undefined;
    let step = steps[after - 1]!;
    for (let axis = next - 1; axis >= to; axis--) {
      strides[axis] = step;
      step *= wanted[axis]!;
    }
    [from, to] = [after, next];
  }
  return { offset: layout.offset, dims: wanted, strides };
}

/** Axes that several layouts of the same dims share, as few as possible: those of length 1 go, and neighbours become one where all allow it. */
export function mergedAxes(dims: readonly number[], strides: readonly (readonly number[])[]) {
  const lengths: number[] = [];
  const merged = strides.map((): number[] => []);
  dims.forEach((length, axis) => {
    if (length === 1) return;
    const goesOn = lengths.length > 0 && strides.every((of, i) => merged[i]!.at(-1) === of[axis]! * length);
    if (goesOn) lengths[lengths.length - 1]! *= length;
    else lengths.push(length);
    merged.forEach((of, i) => {
      if (goesOn) of[of.length - 1] = strides[i]![axis]!;
      else of.push(strides[i]![axis]!);
    });
  });
  return { lengths, strides: merged };
}

/** Places of the elements in their array, in the order of the elements. */
export function placesOf({ offset, dims, strides }: Layout): number[] {
  let places = [offset];
  dims.forEach((length, axis) => {
    places = places.flatMap((place) => Array.from({ length }, (_, i) => place + i * strides[axis]!));
  });
  return places;
}

/** The dims of what tensors of these dims give together. @returns undefined if they do not fit */
export function commonDims(all: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...all.map((dims) => dims.length));
  const common = Array.from({ length: rank }, (_, axis) =>
    Math.max(...all.map((dims) => dims[dims.length - rank + axis] ?? 1)),
  );
  const fits = (dims: readonly number[]) =>
    dims.every((length, i) => length === 1 || length === common[rank - dims.length + i]);
  return all.every(fits) ? common : undefined;
}
