import { KdtalkerError, quote } from '../../errors.js';
import { sha256 } from '../../files/hash.js';
import { type ModelInfo, readModel, type ValueInfo } from '../onnx/index.js';

/** InsightFace's network as it is released, with its names for input and output. */
export interface ArcfaceModel {
  readonly model: { readonly bytes: Uint8Array; readonly sha256: string };
  readonly input: string;
  readonly output: string;
}

/** Checks that an ONNX file maps faces [n, 3, 112, 112] to [n, 512]; its names do not matter. @throws KdtalkerError CHECKPOINT_INVALID */
export function arcfaceModel(bytes: Uint8Array, file: string): ArcfaceModel {
  const { inputs, outputs } = modelOf(bytes, file);
  const [input, output] = [inputs[0], outputs[0]];
  const isLike =
    inputs.length === 1 &&
    outputs.length === 1 &&
    hasShape(input!, [3, 112, 112]) &&
    hasShape(output!, [512]);
  if (!isLike) throw refused(file, `${listed(inputs)} to ${listed(outputs)}`);
  return { model: { bytes, sha256: sha256(bytes) }, input: input!.name, output: output!.name };
}

function modelOf(bytes: Uint8Array, file: string): ModelInfo {
  try {
    return readModel(bytes);
  } catch (cause) {
    throw refused(file, 'other bytes', cause);
  }
}

/** The first axis, the number of faces, may be open or 1. */
function hasShape({ type, dims: [first, ...rest] }: ValueInfo, wanted: readonly number[]): boolean {
  const isOpen = typeof first === 'string' || (first !== undefined && first <= 1);
  return type === 'float32' && isOpen && `${rest}` === `${wanted}`;
}

function listed(tensors: readonly ValueInfo[]): string {
  return tensors.map(({ type, dims }) => `${type} [${dims.join()}]`).join(' and ') || 'nothing';
}

function refused(file: string, received: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError(
    'CHECKPOINT_INVALID',
    `Expected float32 [n,3,112,112] to [n,512] for arcface but received ${received} in ${quote(file)}; is it w600k_r50.onnx?`,
    { cause },
  );
}
