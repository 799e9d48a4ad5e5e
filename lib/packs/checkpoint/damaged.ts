import { KdtalkerError } from '../../errors.js';

/**
 * Limits of a checkpoint. Real files stay far below: the largest known one has 3,000 tensors and a pickle of 1 MB.
 * One of these limits, or the file's own size, bounds everything that grows with the file.
 */
export const LIMITS = {
  /** Bytes of one pickle; strings and names in it are bounded by it. */
  pickleBytes: 32 * 2 ** 20,
  /** Opcodes of one pickle. */
  opcodes: 2_000_000,
  /** Lists, tuples, dicts, tensors and other objects of one pickle. */
  objects: 1_000_000,
  /** Bytes of one Python integer. */
  integerBytes: 1024,
  /** Nesting of dicts and lists. */
  depth: 64,
  tensors: 100_000,
  /** Characters of a tensor's name, which is its path of keys. */
  nameLength: 1024,
  rank: 32,
  /** Bytes of one tensor in memory; one read of a file cannot be longer. */
  tensorBytes: 2 ** 31 - 1,
  /** Elements of a tensor that repeats the elements of a smaller storage. */
  repeatedElements: 2 ** 24,
  zipEntries: 100_000,
  zipDirectoryBytes: 32 * 2 ** 20,
  /** Inflated bytes above which {@link LIMITS.zipRatio} applies. */
  zipSmall: 64 * 2 ** 20,
  zipRatio: 200,
  numpyHeaderBytes: 65_536,
  safetensorsHeaderBytes: 32 * 2 ** 20,
} as const;

/** The error for a file that is damaged, hostile or of an unsupported kind. */
export function damaged(sentence: string, cause?: unknown): KdtalkerError {
  return new KdtalkerError('CHECKPOINT_INVALID', sentence, cause === undefined ? undefined : { cause });
}

/** Text from a file for use in a message: quoted, escaped and truncated. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 97)}...` : text);
}
