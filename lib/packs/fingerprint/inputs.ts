import type { HostTensor, Slot } from '../../binding.js';
import { sizeOf } from '../onnx/types.js';

/** The length of an axis that may differ from run to run, where the caller gives none. */
const DYNAMIC = 2;
/** A value that is valid for every integer input: a timestep is one of at most a thousand. */
const WHOLE = 100;

/**
 * The inputs of a network for its fingerprint: float inputs get one slow wave along each axis, between 0.1 and 0.9, a range that
 * pictures, keypoints and spectrograms share. A smooth input keeps rounding differences between processors below the differences
 * that a comparison must find.
 *
 * @param slots the graph's declared inputs, in its order
 * @param lengths of the axes that they leave open, in their order
 */
export function fingerprintInputs(
  slots: readonly Slot[],
  lengths: readonly number[] = [],
): Record<string, HostTensor> {
  const left = [...lengths];
  const closed = (dims: readonly number[]) => dims.map((dim) => (dim < 0 ? (left.shift() ?? DYNAMIC) : dim));
  return Object.fromEntries(
    slots.map((slot, index) => [slot.name, inputOf({ ...slot, dims: closed(slot.dims) }, index)]),
  );
}

function inputOf({ type, dims }: Slot, index: number): HostTensor {
  const size = sizeOf(dims);
  switch (type) {
    case 'float32':
      return { dims, data: wave(dims, index) };
    case 'int64':
      return { dims, data: new BigInt64Array(size).fill(BigInt(WHOLE)) };
    case 'int32':
      return { dims, data: new Int32Array(size).fill(WHOLE) };
    case 'uint8':
      return { dims, data: new Uint8Array(size).fill(WHOLE) };
  }
}

/** 0.5 + 0.4 sin(index + sum over the axes a of 2 pi (a + 1) i_a / n_a), row-major. */
function wave(dims: readonly number[], index: number): Float32Array {
  let phases = Float64Array.of(index);
  for (const [axis, length] of dims.entries()) {
    const next = new Float64Array(phases.length * length);
    const step = (2 * Math.PI * (axis + 1)) / length;
    for (let i = 0; i < next.length; i++) next[i] = phases[Math.floor(i / length)]! + step * (i % length);
    phases = next;
  }
  return Float32Array.from(phases, (phase) => 0.5 + 0.4 * Math.sin(phase));
}
