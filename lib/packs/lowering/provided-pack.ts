import { throwIfAborted } from '../../errors.js';
import { type EditableGraph, type WrittenModel, writeEdited } from '../onnx/index.js';
import { type Pack, rolesOf } from '../pack.js';
import { type CacheOptions, cachedEntry } from './cache.js';
import type { LoweredPack } from './cache-entry.js';
import { keyOf } from './cache-key.js';
import { HALVE_VERSION, halveGraph } from './halve.js';
import { idleRoles } from './idle-roles.js';
import { openGraph } from './lower-pack.js';
import { PLAN_VERSION } from './plan/format.js';
import { type NetworkPlan, planGraph } from './plan/plan.js';
import { FRAME_ROLES } from './plan/plan-pack.js';
import { writePlan, writeWeights } from './plan/write.js';
import { SPLIT_VERSION, splitSamplings } from './split-samplings.js';

/** What a pack is rewritten for. */
export interface ProvidedFor {
  provider: 'cuda' | 'tensorrt';
  precision: 'fp32' | 'fp16';
}

/** A network for a provider, not yet written: graphs, and plans for what the provider lacks. */
interface ProvidedNetwork {
  role: string;
  parts: (EditableGraph | NetworkPlan)[];
  inputs: Record<string, string>;
  outputs: Record<string, string>;
}

/**
 * The networks of a pack that ONNX Runtime's providers run in another form than the pack's own, from the cache or newly made: for TensorRT split
 * at the samplings that it lacks; in half precision, if that is asked for, those that make frames: what they make is watched, and made
 * again in float32 where half precision cannot hold it.
 *
 * @returns undefined, without writing anything, when no network is rewritten
 * @throws KdtalkerError PACK_DAMAGED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED, and what `check` throws
 */
export function providedPack(
  pack: Pack,
  target: ProvidedFor,
  options: CacheOptions = {},
): Promise<LoweredPack | undefined> {
  const versions = [HALVE_VERSION, SPLIT_VERSION, PLAN_VERSION];
  return cachedEntry<ProvidedNetwork>(
    {
      key: keyOf(pack, ['provided', ...versions, target.provider, target.precision]),
      async plan() {
        await options.check?.();
        return planProvided(pack, target, options.signal);
      },
      write: (planned, directory) => writeProvided(planned, directory, options),
    },
    options,
  );
}

async function planProvided(
  pack: Pack,
  { provider, precision }: ProvidedFor,
  signal: AbortSignal | undefined,
): Promise<ProvidedNetwork[]> {
  const idle = await idleRoles(pack);
  const planned: ProvidedNetwork[] = [];
  for (const [role, { inputs, outputs }] of rolesOf(pack.manifest)) {
    throwIfAborted(signal, 'Rewriting the pack');
    if (idle.includes(role)) continue;
    const halves = precision === 'fp16' && FRAME_ROLES.includes(role);
    if (provider === 'cuda' && !halves) continue;
    const parts = await partsOf(await openGraph(pack.file(role)), role, { provider, halves });
    if (parts) planned.push({ role, parts, inputs: { ...inputs }, outputs: { ...outputs } });
  }
  return planned;
}

/** Undefined if the graph is left as it is. */
async function partsOf(
  graph: EditableGraph,
  role: string,
  { provider, halves }: { provider: ProvidedFor['provider']; halves: boolean },
): Promise<ProvidedNetwork['parts'] | undefined> {
  const split = provider === 'tensorrt' ? splitSamplings(graph) : undefined;
  let halved = 0;
  const parts: ProvidedNetwork['parts'] = [];
  for (const [index, part] of (split ?? [{ graph, sampling: false }]).entries()) {
    // Of fixed lengths, so that nothing is open.
    if (part.sampling) parts.push(await planGraph(part.graph, { role: nameOf(role, index), open: 1 }));
    else {
      if (halves) halved += halveGraph(part.graph);
      parts.push(part.graph);
    }
  }
  return split || halved > 0 ? parts : undefined;
}

/** Of the files of a part. */
const nameOf = (role: string, index: number) => (index === 0 ? role : `${role}-${index + 1}`);

async function writeProvided(
  planned: readonly ProvidedNetwork[],
  directory: string,
  { onProgress, signal }: CacheOptions,
): Promise<LoweredPack['networks']> {
  const total = planned.reduce(
    (sum, { parts }) => sum + parts.reduce((all, part) => all + bytesOf(part), 0),
    0,
  );
  const networks: LoweredPack['networks'] = {};
  let done = 0;
  for (const { role, parts, inputs, outputs } of planned) {
    const report = (bytes: number) => {
      done += bytes;
      onProgress?.({ stage: 'lower', network: role, done, total });
    };
    const written: WrittenModel[] = [];
    for (const [index, part] of parts.entries())
      written.push(await writePart(part, directory, nameOf(role, index), { signal, onProgress: report }));
    const [first, ...rest] = written;
    networks[role] = { ...first!, inputs, outputs, ...(rest.length > 0 && { rest }) };
  }
  return networks;
}

async function writePart(
  part: EditableGraph | NetworkPlan,
  directory: string,
  name: string,
  { signal, onProgress }: { signal: AbortSignal | undefined; onProgress: (bytes: number) => void },
): Promise<WrittenModel> {
  if (isPlan(part))
    return {
      ...(await writePlan(part, directory)),
      data: await writeWeights(part, directory, { signal, onProgress }),
    };
  return writeEdited(part, directory, `${name}.onnx`, { onProgress, ...(signal && { signal }) });
}

const isPlan = (part: EditableGraph | NetworkPlan): part is NetworkPlan => 'operations' in part;

function bytesOf(part: EditableGraph | NetworkPlan): number {
  const constants = isPlan(part) ? part.weights.tensors : part.constants;
  return [...constants.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}
