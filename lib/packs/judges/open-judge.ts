import { join } from 'node:path';
import { type NativeSession, native } from '../../binding.js';
import { openCheckpoint, type State, selectState } from '../checkpoint/index.js';
import { type Graph, writeModel } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';

/** Makes a judge's network from its weights. */
export type JudgeGraph = (weights: Weights) => Graph;

/** How a judge is opened. */
export interface JudgeOptions {
  /** The judge's name in errors. */
  name: string;
  /** A folder for its networks; they are needed while a session is open. */
  folder: string;
  threads: number;
  signal: AbortSignal | undefined;
}

const isCounter = (name: string) => name.endsWith('.num_batches_tracked');

/**
 * Opens the networks of a judge with the weights of its released file, in the order of `graphs`.
 *
 * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID, ABORTED; the system's errors of the folder
 */
export async function openJudge(
  file: string,
  graphs: readonly JudgeGraph[],
  options: JudgeOptions,
): Promise<NativeSession[]> {
  const weights = await judgeWeights(file, graphs, options.name);
  const sessions: NativeSession[] = [];
  try {
    for (const [index, graph] of graphs.entries())
      sessions.push(await openGraph(graph(weights), `${options.name}-${index}.onnx`, options));
    return sessions;
  } catch (error) {
    await Promise.all(sessions.map((session) => session.close()));
    throw error;
  }
}

async function openGraph(
  graph: Graph,
  file: string,
  { folder, threads, signal }: JudgeOptions,
): Promise<NativeSession> {
  await writeModel(graph, folder, file, signal ? { signal } : {});
  return native().openSession(join(folder, file), { threads });
}

/** All weights of a judge, in memory: at most 180 MB. */
async function judgeWeights(file: string, graphs: readonly JudgeGraph[], name: string): Promise<Weights> {
  const wanted = wantedBy(graphs);
  const checkpoint = await openCheckpoint(file);
  try {
    const state = selectState(checkpoint, { network: name, wanted, ignored: isCounter });
    const loaded = await floatsOf(state);
    return { floats: (key) => loaded.get(key)!.slice() };
  } finally {
    await checkpoint.close();
  }
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

async function floatsOf(state: State): Promise<Map<string, Float32Array>> {
  const loaded = new Map<string, Float32Array>();
  for (const name of state.names) loaded.set(name, await state.floats(name));
  return loaded;
}
