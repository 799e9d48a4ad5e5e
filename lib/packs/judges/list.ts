import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KdtalkerError, quote } from '../../errors.js';
import { parseFile } from '../../validate.js';
import type { Fingerprint } from '../manifest.js';
import { JUDGE_NAMES, type JudgeName } from './names.js';

const FILE = 'judges.json';
const FORMAT = 'kdtalker-judges';
const hash = z.string({ error: 'a hash' }).regex(/^[0-9a-f]{64}$/, 'a hash');
const size = z.int({ error: 'a size in bytes' }).positive('a size in bytes');
const path = z.string({ error: 'a path in the folder' }).regex(/^[\w-]+\/[\w.-]+$/, 'a path in the folder');
const file = { file: path, sha256: hash, bytes: size };
const names = z.record(z.string(), z.string({ error: 'a name' }), { error: 'names' });
const numbers = z.record(
  z.string(),
  z.strictObject({ mean: z.number(), rms: z.number(), values: z.array(z.number()) }),
  { error: 'a fingerprint' },
);
const network = z.strictObject(
  {
    ...file,
    data: z.strictObject(file).optional(),
    /** The graph's names by those that metrics use. */
    inputs: names,
    outputs: names,
    fingerprint: numbers.optional(),
  },
  { error: 'a network' },
);
const judge = z.strictObject(
  {
    licence: z.string({ error: 'a licence' }),
    nonCommercial: z.boolean({ error: 'true or false' }),
    /** The released file that it was made of. */
    source: z.strictObject({ file: z.string(), sha256: hash, bytes: size }),
    networks: z.record(z.string(), network, { error: 'networks' }),
  },
  { error: 'a judge' },
);
const schema = z.strictObject(
  {
    format: z.literal(FORMAT, { error: `'${FORMAT}'` }),
    version: z.literal(1, { error: '1' }),
    judges: z.partialRecord(z.enum(JUDGE_NAMES), judge, { error: 'judges by their names' }),
  },
  { error: 'a list of judges' },
);

/** A network of a judge in a folder of judges; paths are relative to the folder. */
export interface ListedNetwork {
  file: string;
  sha256: string;
  bytes: number;
  /** The file of its large weights. */
  data?: { file: string; sha256: string; bytes: number } | undefined;
  /** The graph's names by those that metrics use. */
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  fingerprint?: Fingerprint | undefined;
}

/** A judge in a folder of judges. */
export interface ListedJudge {
  licence: string;
  nonCommercial: boolean;
  /** The released file that it was made of. */
  source: { file: string; sha256: string; bytes: number };
  networks: Record<string, ListedNetwork>;
}

/** The judges of a folder by their names. */
export type ListedJudges = Partial<Record<JudgeName, ListedJudge>>;

/** Reads judges.json. @throws KdtalkerError PACK_NOT_FOUND, PACK_INVALID */
export async function readJudges(directory: string): Promise<ListedJudges> {
  const found = await readFile(join(directory, FILE), 'utf8').catch((cause: unknown) => {
    throw new KdtalkerError(
      'PACK_NOT_FOUND',
      `Expected a folder of judges but received ${quote(directory)}, which has no ${FILE}. Make one with 'kdtalker evaluate judges'`,
      { cause },
    );
  });
  return parseFile(schema, jsonOf(found), quote(join(directory, FILE)), 'PACK_INVALID').judges;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of judges.json; judges are in the order of {@link JUDGE_NAMES}. */
export function judgesText(judges: ListedJudges): string {
  const ordered = Object.fromEntries(
    JUDGE_NAMES.filter((name) => judges[name]).map((name) => [name, judges[name]]),
  );
  return `${JSON.stringify({ format: FORMAT, version: 1, judges: ordered }, undefined, 2)}\n`;
}

/** The path of judges.json. */
export const judgesFile = (directory: string): string => join(directory, FILE);
