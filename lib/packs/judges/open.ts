import { join, resolve } from 'node:path';
import { type HostTensor, type HostTensors, type NativeSession, native } from '../../binding.js';
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
import { checkJudgeNetwork } from './verify.js';

/** How judges are opened. */
export interface OpenJudgeOptions {
  /** Threads of each network. */
  threads: number;
  signal: AbortSignal | undefined;
}

/** An open network of a judge; tensors have the names that metrics use. */
export interface JudgeSession {
  run(feeds: HostTensors): Promise<HostTensors>;
  /** The number of inputs that it takes at once; undefined for any number. */
  readonly batch: number | undefined;
  close(): Promise<void>;
}

/**
 * Opens the networks of one judge of a folder by their names, after their files were checked, in the form that is fastest on this processor.
 *
 * @throws KdtalkerError INVALID_ARGUMENT if the folder does not have it, PACK_DAMAGED, OUTPUT_UNWRITABLE or OUTPUT_DISK_FULL of the cache,
 *   ABORTED
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
      sessions[name] = await openNetwork(resolve(directory), network, options);
    return sessions;
  } catch (error) {
    await Promise.all(Object.values(sessions).map((session) => session.close()));
    throw error;
  }
}

async function openNetwork(
  folder: string,
  network: ListedNetwork,
  { threads, signal }: OpenJudgeOptions,
): Promise<JudgeSession> {
  throwIfAborted(signal, 'Opening the judges');
  await checkJudgeNetwork(folder, network, signal);
  const file = await fastestForm(join(folder, network.file), network, signal);
  return named(await native().openSession(file, { threads }), network);
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

function named(session: NativeSession, { inputs, outputs }: ListedNetwork): JudgeSession {
  const renamed = (tensors: HostTensors, pairs: [string, string][]) =>
    Object.fromEntries(pairs.map(([from, to]): [string, HostTensor] => [to, tensors[from]!]));
  const [into, outOf] = [
    Object.entries(inputs),
    Object.entries(outputs).map(([own, graphs]): [string, string] => [graphs, own]),
  ];
  const declared = [...session.inputs, ...session.outputs].map(({ dims }) => dims[0]!);
  return {
    run: async (feeds) => renamed(await session.run(renamed(feeds, into)), outOf),
    batch: declared.every((length) => length < 0) ? undefined : 1,
    close: () => session.close(),
  };
}
