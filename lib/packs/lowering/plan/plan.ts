import { KdtalkerError } from '../../../errors.js';
import type { EditableGraph } from '../../onnx/index.js';
import type { ValueInfoMessage } from '../../onnx/proto.js';
import { DATA_TYPE } from '../../onnx/types.js';
import { placeInArena } from './arena.js';
import { attentionsOf, planAttention } from './attention.js';
import type { Attentions } from './attentions.js';
import { storedValue } from './constants.js';
import { fold } from './fold.js';
import { NodeContext } from './node-context.js';
import type { PlanOperation } from './operation.js';
import { OPERATORS } from './ops/index.js';
import { checkOpset } from './opset.js';
import { partsOf } from './parts.js';
import { type Part, Planner, slotValue } from './planner.js';
import { bytesOf, inWords, type PlanType, type PlanValue, type Storage } from './storage.js';
import { type PlanWeights, weightsOf } from './weights.js';

/** A network for fixed lengths, as a list of kernels. */
export interface NetworkPlan {
  role: string;
  /** Inputs and outputs in the order of the graph, with their lengths. */
  slots: PlanSlot[];
  operations: readonly PlanOperation[];
  /** Where everything that operations read and write lies, in bytes; of a slot its index. */
  places: ReadonlyMap<Storage, number>;
  arenaBytes: number;
  weights: PlanWeights;
}

export interface PlanSlot {
  name: string;
  direction: 'input' | 'output';
  type: PlanType;
  dims: readonly number[];
}

/** What a network is planned for. */
export interface PlanFor {
  /** For messages. */
  role: string;
  /**
   * The length of the axes that the graph leaves open, the window or the number of timesteps; or the lengths of every input, by its name.
   */
  open: number | Readonly<Record<string, readonly number[]>>;
}

/**
 * Plans a network. Equal graphs give equal plans.
 *
 * @throws KdtalkerError OPERATOR_UNSUPPORTED for a node that no kind of operation computes
 */
export async function planGraph(graph: EditableGraph, { role, open }: PlanFor): Promise<NetworkPlan> {
  checkOpset(graph, role);
  const inputs = graph.inputs.map((info) => slotOf(info, open, role));
  const constants: [string, PlanValue][] = [];
  for (const [name, stored] of graph.constants) {
    const value = await storedValue(name, stored);
    if (value) constants.push([name, value]);
  }
  const plannerWith = (parts: ReadonlyMap<string, Part>, attentions?: Attentions) =>
    planned(new Planner(graph, role, parts, attentions), inputs, constants);
  const first = plannerWith(new Map()).planner;
  const { planner, outputs } = plannerWith(partsOf(first), attentionsOf(first));
  return laidOutPlan(planner, [...inputs, ...outputs]);
}

/** Plans every node, with values that lie where `parts` says. */
function planned(planner: Planner, inputs: readonly PlanSlot[], constants: readonly [string, PlanValue][]) {
  for (const { name, type, dims } of inputs) planner.define(name, slotValue(name, 'input', type, dims));
  for (const [name, value] of constants) planner.define(name, value);
  for (const node of planner.graph.sorted()) planNode(new NodeContext(planner, node));
  return { planner, outputs: planner.graph.outputs.map(({ name }) => finishOutput(planner, name)) };
}

function planNode(context: NodeContext): void {
  const { node, planner } = context;
  const { results, inside } = planner.attentions;
  const attention = results.get(node.outputs[0]!);
  if (attention) planAttention(context, attention);
  else if (!inside.has(node.outputs[0]!)) planAlone(context);
}

function planAlone(context: NodeContext): void {
  const { node } = context;
  const standard = node.domain === '';
  if (standard && fold(context)) return;
  const plan = OPERATORS.get(standard ? node.type : `${node.domain}:${node.type}`);
  if (!plan) throw context.refuse();
  plan(context);
}

/** An output that is another value, a view of one or a constant, is a copy of it. */
function finishOutput(planner: Planner, name: string): PlanSlot {
  const value = planner.value(name);
  const { dims } = value.layout;
  const type = value.storage.type === 'float16' ? 'float16' : 'float32';
  if (value.storage.direction !== 'output' || value.storage.name !== name)
    planner.copy(value, slotValue(name, 'output', type, dims), { type: 'Identity', domain: '', name });
  return { name, direction: 'output', type, dims };
}

/** The types of inputs. */
const INPUT_TYPES = new Map<number, PlanType>([
  [DATA_TYPE.float32, 'float32'],
  [DATA_TYPE.int64, 'int64'],
  [DATA_TYPE.float16, 'float16'],
]);

function slotOf({ name, type }: ValueInfoMessage, open: PlanFor['open'], role: string): PlanSlot {
  const direction = 'input';
  const tensor = type?.tensorType;
  const lengthOf = (axis: number) => (typeof open === 'number' ? open : open[name]![axis]!);
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }, axis) =>
    isOpen(dimValue) ? lengthOf(axis) : dimValue,
  );
  const known = INPUT_TYPES.get(tensor?.elemType ?? 0);
  if (known) return { name, direction, type: known, dims };
  throw new KdtalkerError(
    'OPERATOR_UNSUPPORTED',
    `Expected float32 or int64 for input '${name}' of role '${role}' but received another type`,
  );
}

/** Whether a graph leaves a length open. */
export function isOpen(length: number | null | undefined): length is null | undefined {
  return length === undefined || length === null || length < 1;
}

/** Gives every storage its place. */
function laidOutPlan(planner: Planner, slots: PlanSlot[]): NetworkPlan {
  const { operations, graph, role } = planner;
  const weights = weightsOf(graph);
  const places = new Map<Storage, number>();
  let constants = 0;
  for (const storage of new Set(operations.flatMap(({ storages }) => storages))) {
    if (storage.where === 'slot')
      places.set(
        storage,
        slots.findIndex((slot) => slot.name === storage.name && slot.direction === storage.direction),
      );
    else if (storage.where === 'weights') places.set(storage, weights.offsets.get(storage.name!)!);
    else if (storage.where === 'constants') {
      places.set(storage, constants);
      constants += inWords(bytesOf(storage));
    }
  }
  const arenaBytes = placeTemporaries(operations, places);
  return { role, slots, operations, places, arenaBytes, weights };
}

function placeTemporaries(operations: readonly PlanOperation[], places: Map<Storage, number>): number {
  const { storages, lifetimes } = lifetimesOf(operations);
  const { offsets, bytes } = placeInArena(lifetimes);
  storages.forEach((storage, i) => void places.set(storage, offsets[i]!));
  return bytes;
}

/** From the first operation that names a temporary to the last one. */
export function lifetimesOf(operations: readonly PlanOperation[]) {
  const uses = new Map<Storage, { first: number; last: number }>();
  operations.forEach(({ storages }, index) => {
    for (const storage of storages) {
      if (storage.where !== 'arena') continue;
      uses.set(storage, { first: uses.get(storage)?.first ?? index, last: index });
    }
  });
  const storages = [...uses.keys()];
  const lifetimes = storages.map((storage) => ({ bytes: bytesOf(storage), ...uses.get(storage)! }));
  return { storages, lifetimes };
}
