import { type ListedJudges, readJudges } from '../../packs/judges/list.js';
import { JUDGE_NAMES, type JudgeName } from '../../packs/judges/names.js';
import { type OpenJudgeOptions, openJudge } from '../../packs/judges/open.js';
import type { JudgeSession } from '../../packs/judges/session.js';
import { S3fdFinder } from '../sync/s3fd-finder.js';
import { SyncNet } from '../sync/syncnet.js';
import { FeatureNetwork } from './feature-network.js';
import { HeadPose } from './head-pose.js';
import { Identity } from './identity.js';
import { MmodFinder } from './mmod-finder.js';

/** The open judges of a folder; those that it lacks are undefined. */
export interface Judges {
  readonly sync: SyncNet | undefined;
  readonly syncFaces: S3fdFinder | undefined;
  readonly pose: HeadPose | undefined;
  readonly features: FeatureNetwork | undefined;
  readonly identity: Identity | undefined;
  close(): Promise<void>;
}

/** @throws KdtalkerError PACK_NOT_FOUND, PACK_INVALID, PACK_DAMAGED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and those of a GPU */
export async function openJudges(directory: string, options: OpenJudgeOptions): Promise<Judges> {
  const listed = await readJudges(directory);
  const opened = new Map<JudgeName, Record<string, JudgeSession>>();
  const close = async () => {
    const sessions = [...opened.values()].flatMap((networks) => Object.values(networks));
    await Promise.all(sessions.map((session) => session.close()));
  };
  try {
    for (const name of usedOf(listed)) opened.set(name, await openJudge(directory, listed, name, options));
  } catch (error) {
    await close();
    throw error;
  }
  return { ...judgesOf(opened), close };
}

/** A detector without the judge that it works for is not opened. */
export function usedOf(listed: ListedJudges): JudgeName[] {
  const helps: Partial<Record<JudgeName, JudgeName>> = { s3fd: 'syncnet', mmod: 'hopenet' };
  return JUDGE_NAMES.filter((name) => listed[name] && listed[helps[name] ?? name]);
}

function judgesOf(opened: ReadonlyMap<JudgeName, Record<string, JudgeSession>>): Omit<Judges, 'close'> {
  const [syncnet, s3fd, hopenet, mmod] = [
    opened.get('syncnet'),
    opened.get('s3fd'),
    opened.get('hopenet'),
    opened.get('mmod'),
  ];
  const [inception, arcface] = [opened.get('inception'), opened.get('arcface')];
  return {
    sync: syncnet && new SyncNet(syncnet),
    syncFaces: s3fd && new S3fdFinder(s3fd.faces!),
    pose: hopenet && new HeadPose(hopenet.pose!, mmod && new MmodFinder(mmod.faces!)),
    features: inception && new FeatureNetwork(inception.features!),
    identity: arcface && new Identity(arcface.identity!),
  };
}
