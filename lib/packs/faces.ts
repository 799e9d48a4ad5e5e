import { join } from 'node:path';
import type { FaceRole, PackFace, PackManifest } from './manifest.js';
import type { Dim, ValueInfo } from './onnx/index.js';
import type { Pack } from './pack.js';

/** The interface of a network for faces: its outputs are identified by position, not by name. */
export interface FaceShape {
  /** The name under which the network is released. */
  readonly file: string;
  /** The side of its square input in pixels, [1, 3, side, side]. */
  readonly side: number;
  /** Number of elements of each output, in order; undefined for an output that nobody reads. */
  readonly outputs: readonly (number | undefined)[];
  /** Whether these are elements per row; the input's size then sets the number of rows. */
  readonly rows: boolean;
}

/** The networks for faces as they are released: docs/model.md 13. */
export const FACE_SHAPES: Readonly<Record<FaceRole, FaceShape>> = {
  // For strides 8, 16 and 32 each: scores, distances to the box's sides, five points.
  detector: { file: 'det_10g.onnx', side: 512, outputs: [1, 1, 1, 4, 4, 4, 10, 10, 10], rows: true },
  landmarks106: { file: '2d106det.onnx', side: 192, outputs: [2 * 106], rows: false },
  landmarks203: { file: 'landmark.onnx', side: 224, outputs: [undefined, undefined, 2 * 203], rows: false },
};

/** All roles, in the order in which the networks run. */
const FACE_ROLES = Object.keys(FACE_SHAPES) as FaceRole[];

/** The networks for faces that a pack has. */
export function facesOf(manifest: Pick<PackManifest, 'faces'>): [FaceRole, PackFace][] {
  return FACE_ROLES.flatMap((role): [FaceRole, PackFace][] => {
    const network = manifest.faces?.[role];
    return network ? [[role, network]] : [];
  });
}

/** Absolute paths of the networks for faces that a pack has. */
export function faceFiles({ directory, manifest }: Pack): Partial<Record<FaceRole, string>> {
  return Object.fromEntries(facesOf(manifest).map(([role, { file }]) => [role, join(directory, file)]));
}

/** The difference between a graph and the expected interface. */
export interface FaceMismatch {
  readonly expected: string;
  readonly received: string;
}

/**
 * The mismatch of a graph that should be one of the networks for faces; undefined when it fits. Open lengths of the graph fit.
 * Any number of the detector's rows fits too: the released file declares the number for another input size.
 */
export function faceMismatch(
  role: FaceRole,
  { inputs, outputs }: { readonly inputs: readonly ValueInfo[]; readonly outputs: readonly ValueInfo[] },
): FaceMismatch | undefined {
  const shape = FACE_SHAPES[role];
  const [input] = inputs;
  if (inputs.length !== 1 || !input || !takesPicture(input, shape.side))
    return { expected: `one input float32 [1,3,${shape.side},${shape.side}]`, received: listed(inputs) };
  const fits =
    outputs.length === shape.outputs.length &&
    outputs.every((output, i) => gives(output, shape.outputs[i], shape.rows));
  return fits ? undefined : { expected: outputsText(shape), received: listed(outputs) };
}

function takesPicture({ type, dims }: ValueInfo, side: number): boolean {
  if (type !== 'float32' || dims.length !== 4) return false;
  return [1, 3, side, side].every((length, axis) => isOpen(dims[axis]!) || dims[axis] === length);
}

function gives({ type, dims }: ValueInfo, count: number | undefined, rows: boolean): boolean {
  if (count === undefined) return true;
  if (type !== 'float32') return false;
  if (dims.length === 0) return true;
  if (dims.slice(1).some(isOpen)) return true;
  const counted = rows ? dims.slice(-1) : dims.filter((dim) => !isOpen(dim));
  return counted.reduce<number>((product, dim) => product * (dim as number), 1) === count;
}

/** An axis with a name, or with neither name nor length, takes any length. */
function isOpen(dim: Dim): boolean {
  return typeof dim === 'string' || dim < 0;
}

function outputsText({ outputs, rows }: FaceShape): string {
  const each = outputs.map((count) =>
    count === undefined ? 'any' : rows ? `[rows,${count}]` : `[1,${count}]`,
  );
  return `${outputs.length === 1 ? 'one output' : `${outputs.length} outputs`} float32 ${each.join(' ')}`;
}

function listed(tensors: readonly ValueInfo[]): string {
  const each = tensors.map(({ name, type, dims }) => `${name} ${type} [${dims.join()}]`);
  return each.length === 0 ? 'none' : each.join(' ');
}
