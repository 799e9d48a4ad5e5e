import { throwIfAborted } from '../../errors.js';
import { finite } from '../checkpoint/finite.js';
import { type Checkpoint, openCheckpoint, type StateQuery, selectState } from '../checkpoint/index.js';
import type { Weights } from '../weights/weights.js';
import { ARCFACE_DEPTHS } from './arcface.js';
import { mmodWeights } from './mmod.js';
import type { JudgeName } from './names.js';
import { arcfaceNetwork, JUDGES, type JudgeGraph, type JudgeNetwork } from './registry.js';

/** A judge's networks and the weights for them. */
export interface JudgeSource {
  readonly networks: Readonly<Record<string, JudgeNetwork>>;
  readonly weights: Weights;
}

/**
 * The weights of a judge's released file, in memory: at most 270 MB. Names and shapes of all tensors are those of the published network.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, ABORTED
 */
export async function judgeSource(
  judge: JudgeName,
  file: string,
  signal: AbortSignal | undefined,
): Promise<JudgeSource> {
  const { networks, unused } = JUDGES[judge];
  if (judge === 'mmod') return { networks, weights: await mmodWeights(file) };
  const checkpoint = await openCheckpoint(file);
  try {
    const own = judge === 'arcface' ? { identity: arcfaceOf(checkpoint) } : networks;
    const graphs = Object.values(own).map(({ graph }) => graph);
    const query = { network: judge, wanted: wantedBy(graphs), ignored: unused };
    return { networks: own, weights: await weightsOf(checkpoint, query, signal) };
  } finally {
    await checkpoint.close();
  }
}

/** The published size that has blocks of the file's numbers. */
function arcfaceOf(checkpoint: Checkpoint): JudgeNetwork {
  const isLarge = [...checkpoint.tensors.keys()].some((key) => /(^|\.)layer3\.29\./.test(key));
  return arcfaceNetwork(isLarge ? ARCFACE_DEPTHS.r100 : ARCFACE_DEPTHS.r50);
}

async function weightsOf(
  checkpoint: Checkpoint,
  query: StateQuery,
  signal: AbortSignal | undefined,
): Promise<Weights> {
  const state = selectState(checkpoint, query);
  const loaded = new Map<string, Float32Array>();
  for (const name of state.names) {
    throwIfAborted(signal, 'Reading a judge');
    loaded.set(name, finite(await state.floats(name), name, query.network));
  }
  return { floats: (key) => loaded.get(key)!.slice() };
}

/** Names and shapes of the tensors that the networks use. */
function wantedBy(graphs: readonly JudgeGraph[]): Record<string, readonly number[]> {
  const wanted: Record<string, readonly number[]> = Object.create(null);
  const recorder: Weights = {
    floats: () => new Float32Array(),
    expect: (key, dims) => {
      wanted[key] = dims;
    },
  };
  for (const graph of graphs) graph(recorder);
  return wanted;
}
