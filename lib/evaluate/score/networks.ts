import { FaceFinder } from '../../face/faces.js';
import { type ListedJudges, readJudges } from '../../packs/judges/list.js';
import { Talker } from '../../talker/talker.js';
import { type Judges, openJudges, usedOf } from '../judged/judges.js';
import type { Networks } from '../measure/measure-video.js';
import type { EvaluatePlan } from './options.js';

/** All networks that measuring uses. */
export interface OpenNetworks extends Networks {
  readonly finder: FaceFinder;
  readonly judges: Judges | undefined;
  close(): Promise<void>;
}

/** @throws the errors of loading a pack and of opening judges */
export async function openNetworks({
  pack,
  judges,
  device,
  threads,
  signal,
}: EvaluatePlan): Promise<OpenNetworks> {
  const opened: { close(): Promise<unknown> }[] = [];
  const kept = <T extends { close(): Promise<unknown> }>(network: T): T => {
    opened.push(network);
    return network;
  };
  const close = async () => {
    for (const network of opened.reverse()) await network.close();
  };
  try {
    return {
      finder: kept(await FaceFinder.open({ threads })),
      talker:
        pack === undefined
          ? undefined
          : kept(await Talker.load(pack, { device, threads, ...(signal && { signal }) })),
      judges: judges === undefined ? undefined : kept(await openJudges(judges, { device, threads, signal })),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The judges of a folder that measure something, and the released files that they are made of. */
export async function judgesOf(folder: string | undefined): Promise<ListedJudges> {
  if (folder === undefined) return {};
  const listed = await readJudges(folder);
  return Object.fromEntries(usedOf(listed).map((name) => [name, listed[name]]));
}
