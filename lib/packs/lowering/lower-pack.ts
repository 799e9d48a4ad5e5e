import { KdtalkerError, throwIfAborted } from '../../errors.js';
import { EditableGraph, type WrittenModel, writeEdited } from '../onnx/index.js';
import { type Pack, rolesOf } from '../pack.js';
import { type GraphTarget, lowerGraph } from './lower-graph.js';
import { splitPortrait } from './portrait-split.js';

/** The part of a lowered network that depends on the portrait alone: run once per portrait, with the tensor names of its original role. */
const PREPARE = 'prepare';

/** Progress of lowering. */
export interface LoweringProgress {
  stage: 'lower';
  /** The network whose weights are now laid out. */
  network: string;
  /** Bytes of weights laid out so far, and in total. */
  done: number;
  total: number;
}

/** A network that passes have rewritten, not yet written. */
export interface PlannedNetwork {
  role: string;
  graph: EditableGraph;
  /** The graph's names for the tensors of the role. */
  inputs: Record<string, string>;
  outputs: Record<string, string>;
}

/** A network on the disk, with the names of its tensors. */
export interface LoweredNetwork extends WrittenModel {
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  /** What runs behind that, in this order, where a network is in several files. */
  rest?: WrittenModel[];
}

/** Networks that run once per portrait: their speedup does not justify rounding in every frame. */
const ONCE = new Set(['appearance', 'motion']);
/** Networks that run once per frame, with the names of the inputs that the portrait sets. */
const EVERY_FRAME: readonly string[] = ['warp', 'render'];
const PORTRAIT = ['feature', 'source'] as const;

/** Rewrites the networks of a pack in memory, without their weights; omits networks that no pass changed. */
export async function planLowering(
  pack: Pack,
  target: GraphTarget,
  signal?: AbortSignal,
): Promise<PlannedNetwork[]> {
  const planned: PlannedNetwork[] = [];
  for (const [role, { inputs, outputs }] of rolesOf(pack.manifest)) {
    throwIfAborted(signal, 'Lowering the pack');
    const graph = await openGraph(pack.file(role));
    const precision = ONCE.has(role) ? 'fp32' : target.precision;
    const found = await lowerGraph(graph, { ...target, precision });
    if (![...found.values()].some((count) => count > 0)) continue;
    const network = { role, graph, inputs: { ...inputs }, outputs: { ...outputs } };
    planned.push(...splitOff(network), network);
  }
  return planned;
}

/** The graph of a pack's file. @throws KdtalkerError PACK_DAMAGED */
export async function openGraph(file: string): Promise<EditableGraph> {
  try {
    return await EditableGraph.open(file);
  } catch (cause) {
    throw new KdtalkerError('PACK_DAMAGED', `Expected an ONNX graph in '${file}' but received other bytes`, {
      cause,
    });
  }
}

/**
 * Splits off the part that depends on the portrait alone, if the network runs for every frame and has one: returns it, and adds its outputs to
 * the network's inputs.
 *
 * @param options.halves blocked values are halves, and may be shared
 * @param options.everyFrame the roles that run for every frame
 */
export function splitOff(
  network: PlannedNetwork,
  { everyFrame = EVERY_FRAME, ...options }: { halves?: boolean; everyFrame?: readonly string[] } = {},
): PlannedNetwork[] {
  if (!everyFrame.includes(network.role)) return [];
  const words = PORTRAIT.filter((word) => network.inputs[word] !== undefined);
  const split = splitPortrait(
    network.graph,
    words.map((word) => network.inputs[word]!),
    options,
  );
  if (!split) return [];
  const crossing = Object.fromEntries(split.crossing.map((name, i) => [`prepared_${i}`, name]));
  const used = new Set(split.portrait.inputs.map(({ name }) => name));
  const inputs = Object.fromEntries(
    words.filter((word) => used.has(network.inputs[word]!)).map((word) => [word, network.inputs[word]!]),
  );
  Object.assign(network.inputs, crossing);
  return [{ role: PREPARE, graph: split.portrait, inputs, outputs: crossing }];
}

/** Options of {@link writeLowered}. */
export interface WriteLoweredOptions {
  onProgress?: ((progress: LoweringProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Writes planned networks to a folder, weight by weight, so that memory holds at most one weight and its laid out form.
 *
 * @returns the networks by role
 * @throws KdtalkerError ABORTED, with part of the files written; errors of the file system as they are
 */
export async function writeLowered(
  planned: readonly PlannedNetwork[],
  directory: string,
  { onProgress, signal }: WriteLoweredOptions = {},
): Promise<Record<string, LoweredNetwork>> {
  const total = planned.reduce((sum, { graph }) => sum + weightBytes(graph), 0);
  const networks: Record<string, LoweredNetwork> = {};
  let done = 0;
  for (const { role, graph, inputs, outputs } of planned) {
    const report = (bytes: number) => {
      done += bytes;
      onProgress?.({ stage: 'lower', network: role, done, total });
    };
    const written = await writeEdited(graph, directory, `${role}.onnx`, {
      onProgress: report,
      ...(signal && { signal }),
    });
    networks[role] = { ...written, inputs, outputs };
  }
  return networks;
}

function weightBytes(graph: EditableGraph): number {
  return [...graph.constants.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}
