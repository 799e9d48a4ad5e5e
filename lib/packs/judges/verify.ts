import { join, resolve } from 'node:path';
import { longCall } from '../../abort.js';
import { KdtalkerError } from '../../errors.js';
import { findDifference } from '../fingerprint/compare.js';
import { takeFingerprint } from '../fingerprint/take.js';
import { checkFile } from '../verify.js';
import { type ListedJudges, type ListedNetwork, readJudges } from './list.js';
import type { JudgeName } from './names.js';
import { JUDGES } from './registry.js';

/** Options of {@link verifyJudges}. */
export interface VerifyJudgesOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Checks all judges of a folder: sizes and hashes of their files, and the numbers that each network gives.
 *
 * @throws KdtalkerError PACK_NOT_FOUND, PACK_INVALID, PACK_DAMAGED for the first file that differs, ABORTED
 */
export async function verifyJudges(
  directory: string,
  options: VerifyJudgesOptions = {},
): Promise<ListedJudges> {
  return longCall('Checking the judges', [options.signal], async (signal) => {
    const folder = resolve(directory);
    const judges = await readJudges(folder);
    for (const [judge, { networks }] of Object.entries(judges))
      for (const [name, network] of Object.entries(networks)) {
        await checkJudgeNetwork(folder, network, signal);
        await checkNumbers(folder, judge as JudgeName, name, network, signal);
      }
    return judges;
  });
}

/** Compares sizes and hashes of a network's files with the list. @throws KdtalkerError PACK_DAMAGED, ABORTED */
export async function checkJudgeNetwork(
  folder: string,
  { data, ...graph }: ListedNetwork,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const each of data ? [graph, data] : [graph]) await checkFile(join(folder, each.file), each, signal);
}

async function checkNumbers(
  folder: string,
  judge: JudgeName,
  name: string,
  { file, fingerprint }: ListedNetwork,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!fingerprint) return;
  const path = join(folder, file);
  const { lengths } = JUDGES[judge].networks[name]!;
  const difference = findDifference(fingerprint, await takeFingerprint(path, signal, lengths));
  if (!difference) return;
  const { output, what, expected, found } = difference;
  throw new KdtalkerError(
    'PACK_DAMAGED',
    `Expected ${expected} for ${what} of output '${output}' of judge ${judge} but received ${found ?? 'no finite number'} (${path}). ` +
      'The files are as listed, but the network does not give what it gave when it was added: add its file again',
  );
}
