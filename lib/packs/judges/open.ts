import { join, resolve } from 'node:path';
import { native } from '../../binding.js';
import { invalidArgument, throwIfAborted } from '../../errors.js';
import { sha256 } from '../../files/hash.js';
import { version } from '../../version.js';
import { cacheDirectory } from '../cache-directory.js';
import { cachedEntry } from '../lowering/cache.js';
import { LOWERING_VERSION } from '../lowering/cache-key.js';
import { lowerGraph } from '../lowering/lower-graph.js';
import { openGraph, type PlannedNetwork, writeLowered } from '../lowering/lower-pack.js';
import type { ListedJudges, ListedNetwork } from './list.js';
import type { JudgeName } from './names.js';
import { PlannedJudge } from './planned.js';
import { JUDGES } from './registry.js';
import { type JudgeSession, judgeSession } from './session.js';
import { checkJudgeNetwork } from './verify.js';

/** How judges are opened. */
export interface OpenJudgeOptions {
  /** Threads of each network on the processor. */
  threads: number;
  /** `'cpu'`, the default, or a device that runs plans, such as `'cuda:0'`. */
  device?: string | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Opens the networks of one judge of a folder by their names, after their files were checked, in the form that is fastest on the device.
 *
 * @throws KdtalkerError INVALID_ARGUMENT if the folder does not have it, PACK_DAMAGED, OUTPUT_UNWRITABLE or OUTPUT_DISK_FULL of the cache,
 *   ABORTED; on a GPU also DEVICE_UNAVAILABLE, DEVICE_MEMORY, and OPERATOR_UNSUPPORTED for a node that no kernel computes
 */
export async function openJudge(
  directory: string,
  judges: ListedJudges,
  judge: JudgeName,
  options: OpenJudgeOptions,
): Promise<Record<string, JudgeSession>> {
  const found = judges[judge];
  if (!found) throw invalidArgument(`a folder that has ${judge}`, 'judges', directory);
  const sessions: Record<string, JudgeSession> = {};
  try {
    for (const [name, network] of Object.entries(found.networks))
      sessions[name] = await openNetwork(resolve(directory), network, { ...options, judge, name });
    return sessions;
  } catch (error) {
    await Promise.all(Object.values(sessions).map((session) => session.close()));
    throw error;
  }
}

interface OpenNetworkOptions extends OpenJudgeOptions {
  judge: JudgeName;
  /** The network's. */
  name: string;
}

async function openNetwork(
  folder: string,
  network: ListedNetwork,
  { judge, name, threads, device = 'cpu', signal }: OpenNetworkOptions,
): Promise<JudgeSession> {
  throwIfAborted(signal, 'Opening the judges');
  await checkJudgeNetwork(folder, network, signal);
  const graph = join(folder, network.file);
  if (device !== 'cpu') {
    const { lengths } = JUDGES[judge].networks[name]!;
    const role = `${judge}-${name}`;
    const planned = await PlannedJudge.open({ file: graph, role, network, lengths, device, signal });
    return judgeSession(planned, network, planned.first);
  }
  const file = await fastestForm(graph, network, signal);
  const session = await native().openSession(file, { threads });
  const first = [...session.inputs, ...session.outputs].map(({ dims }) => dims[0]!);
  return judgeSession(session, network, first);
}

/** The lowered form from the cache, or newly made; the graph itself where nothing can be lowered, or where there is no cache. */
async function fastestForm(
  file: string,
  { sha256: graph, data }: ListedNetwork,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (cacheDirectory() === undefined) return file;
  const { cpuFeatures } = native();
  const parts = ['judge', graph, data?.sha256 ?? null, version(), LOWERING_VERSION, cpuFeatures().isa];
  const making = {
    key: sha256(JSON.stringify(parts)),
    plan: () => lowered(file),
    write: (planned: readonly PlannedNetwork[], folder: string) => writeLowered(planned, folder, { signal }),
  };
  const entry = await cachedEntry(making, { signal });
  return entry ? join(entry.directory, entry.networks[ROLE]!.file) : file;
}

const ROLE = 'judge';

async function lowered(file: string): Promise<PlannedNetwork[]> {
  const graph = await openGraph(file);
  const found = await lowerGraph(graph, { precision: 'fp32', layOutWeights: native().layOutWeights });
  return [...found.values()].some((count) => count > 0)
    ? [{ role: ROLE, graph, inputs: {}, outputs: {} }]
    : [];
}
