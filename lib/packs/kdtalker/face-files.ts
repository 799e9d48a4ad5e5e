import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { newHash } from '../../files/hash.js';
import { isSystemError } from '../../files/output-error.js';
import { piecesOf } from '../../files/whole-io.js';
import { FACE_SHAPES, faceMismatch } from '../faces.js';
import type { FaceRole, PackFace, PackManifest } from '../manifest.js';
import { type ModelInfo, readModel, type WrittenFile } from '../onnx/index.js';

/** A checked network for faces that can be copied into a pack. */
export interface FaceSource {
  role: FaceRole;
  path: string;
  bytes: number;
}

/** Origin and licence of the networks. The pack's own licence differs. */
const LICENCES: Readonly<Record<FaceRole, string>> = {
  detector: 'non-commercial research (InsightFace)',
  landmarks106: 'non-commercial research (InsightFace)',
  landmarks203: 'MIT (LivePortrait)',
};

/**
 * Reads a file that should be one of the networks for faces, and checks its inputs and outputs.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID
 */
export async function checkFace(role: FaceRole, path: string): Promise<FaceSource> {
  const bytes = await readFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  const mismatch = faceMismatch(role, parse(bytes, role, path));
  if (mismatch) throw invalid(role, mismatch.expected, mismatch.received, path);
  return { role, path, bytes: bytes.byteLength };
}

function parse(bytes: Uint8Array, role: FaceRole, path: string): ModelInfo {
  try {
    return readModel(bytes);
  } catch (cause) {
    throw invalid(role, 'an ONNX model', 'something else', path, cause);
  }
}

/** Progress and abort signal of {@link copyFaces}. */
export interface CopyOptions {
  /** Called with the number of bytes of every written piece of a network. */
  reportOf(network: string): (bytes: number) => void;
  signal?: AbortSignal | undefined;
}

/** Copies the networks into a pack, byte for byte, and returns their entries for pack.json; undefined when there are none. */
export async function copyFaces(
  sources: readonly FaceSource[],
  directory: string,
  { reportOf, signal }: CopyOptions,
): Promise<PackManifest['faces']> {
  if (sources.length === 0) return undefined;
  const faces: Partial<Record<FaceRole, PackFace>> = {};
  for (const { role, path } of sources) {
    const { file } = FACE_SHAPES[role];
    const copied = await copy(path, directory, file, reportOf(role), signal);
    faces[role] = { ...copied, licence: LICENCES[role] };
  }
  return faces;
}

/** Hashes the written bytes, so a later change of the source does not matter. */
async function copy(
  path: string,
  directory: string,
  file: string,
  report: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  const source = await open(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  try {
    const target = await open(join(directory, file), 'wx');
    try {
      return { file, ...(await copyPieces(source, target, path, report, signal)) };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyPieces(
  source: FileHandle,
  target: FileHandle,
  path: string,
  report: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Omit<WrittenFile, 'file'>> {
  const hash = newHash();
  let bytes = 0;
  try {
    for await (const piece of piecesOf(source, { signal, what: 'Writing the pack' })) {
      hash.update(piece);
      await target.writeFile(piece);
      bytes += piece.byteLength;
      report(piece.byteLength);
    }
  } catch (cause) {
    throw isSystemError(cause) && cause.syscall === 'read' ? unreadable(path, cause) : cause;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function unreadable(path: string, cause: unknown): KdtalkerError {
  return new KdtalkerError('FILE_NOT_FOUND', `Expected a file at '${path}' but it cannot be read`, { cause });
}

function invalid(
  role: FaceRole,
  expected: string,
  received: string,
  path: string,
  cause?: unknown,
): KdtalkerError {
  return new KdtalkerError(
    'CHECKPOINT_INVALID',
    `Expected ${expected} for ${FACE_SHAPES[role].file} but received ${received} in ${path}; is it the right file?`,
    { cause },
  );
}
