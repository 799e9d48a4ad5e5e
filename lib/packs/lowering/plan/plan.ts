import { KdtalkerError } from '../../../errors.js';
import type { EditableGraph } from '../../onnx/index.js';
import type { ValueInfoMessage } from '../../onnx/proto.js';
import { DATA_TYPE } from '../../onnx/types.js';
import { placeInArena } from './arena.js';
import { storedValue } from './constants.js';
import { fold } from './fold.js';
import { NodeContext } from './node-context.js';
import type { PlanOperation } from './operation.js';
import { OPERATORS } from './ops/index.js';
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
  /** The length of the axes that the graph leaves open: the window, or the number of timesteps. */
  open: number;
}

/** Operators mean what they mean here from this version of the standard set on. */
const OLDEST_OPSET = 13;

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
  const plannerWith = (parts: ReadonlyMap<string, Part>) =>
    planned(new Planner(graph, role, parts), inputs, constants);
  const { planner, outputs } = plannerWith(partsOf(plannerWith(new Map()).planner));
  return laidOutPlan(planner, [...inputs, ...outputs]);
}

function checkOpset(graph: EditableGraph, role: string): void {
  const opset = graph.opsets.get('') ?? 0;
  if (opset >= OLDEST_OPSET) return;
  throw new KdtalkerError(
    'OPERATOR_UNSUPPORTED',
    `Expected operators of opset ${OLDEST_OPSET} or later for role '${role}' but received opset ${opset}`,
  );
}

/** Plans every node, with values that lie where `parts` says. */
function planned(planner: Planner, inputs: readonly PlanSlot[], constants: readonly [string, PlanValue][]) {
  for (const { name, type, dims } of inputs) planner.define(name, slotValue(name, 'input', type, dims));
  for (const [name, value] of constants) planner.define(name, value);
  for (const node of planner.graph.sorted()) planNode(new NodeContext(planner, node));
  return { planner, outputs: planner.graph.outputs.map(({ name }) => finishOutput(planner, name)) };
}

function planNode(context: NodeContext): void {
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
  if (value.storage.direction !== 'output' || value.storage.name !== name) {
    planner.copy(value, slotValue(name, 'output', 'float32', dims), {
      type: 'Identity',
      domain: '',
      name,
    });
  }
  return { name, direction: 'output', type: 'float32', dims };
}

function slotOf({ name, type }: ValueInfoMessage, open: number, role: string): PlanSlot {
  const direction = 'input';
  const tensor = type?.tensorType;
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }) => dimValue ?? open);
  if (tensor?.elemType === DATA_TYPE.float32) return { name, direction, type: 'float32', dims };
  if (tensor?.elemType === DATA_TYPE.int64) return { name, direction, type: 'int64', dims };
  throw new KdtalkerError(
    'OPERATOR_UNSUPPORTED',
    `Expected float32 or int64 for input '${name}' of role '${role}' but received another type`,
  );
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
