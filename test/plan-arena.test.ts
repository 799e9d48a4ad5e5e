// The arena of a plan: values that live at the same time never overlap, and an arena is not much larger than it must be.
import t from 'tap';
import { type Lifetime, placeInArena } from '../dist/packs/lowering/plan/arena.js';
import { lifetimesOf } from '../dist/packs/lowering/plan/plan.js';
import { Graph, type Value } from '../dist/packs/onnx/index.js';
import { filled } from './support/graphs.js';
import { planBuilt, plannedAsRuntime } from './support/plans.js';
import { pick, randomOf } from './support/random.js';

/** Whether an operation uses both, or one between the first and the last use of the other. */
function together(a: Lifetime, b: Lifetime): boolean {
  return Math.max(a.first, b.first) <= Math.min(a.last, b.last);
}

/** Pairs that live at the same time and share a byte. */
function overlaps(lifetimes: readonly Lifetime[], offsets: readonly number[]): number {
  const meet = (i: number, j: number) => {
    const apart =
      offsets[i]! + lifetimes[i]!.bytes <= offsets[j]! || offsets[j]! + lifetimes[j]!.bytes <= offsets[i]!;
    return together(lifetimes[i]!, lifetimes[j]!) && !apart;
  };
  return lifetimes.reduce((sum, _, i) => sum + lifetimes.slice(0, i).filter((_, j) => meet(i, j)).length, 0);
}

/** The bytes that live at the same time, at most. */
function peak(lifetimes: readonly Lifetime[]): number {
  const sums = lifetimes.map(({ first }) =>
    lifetimes.filter((a) => a.first <= first && a.last >= first).reduce((sum, { bytes }) => sum + bytes, 0),
  );
  return Math.max(...sums);
}

t.test('random lifetimes', async (t) => {
  const random = randomOf(1);
  for (let round = 0; round < 200; round++) {
    const lifetimes = Array.from({ length: 2 + Math.floor(random() * 40) }, () => {
      const first = Math.floor(random() * 50);
      return {
        first,
        last: first + Math.floor(random() ** 3 * 30),
        bytes: 1 + Math.floor(random() ** 4 * 1e6),
      };
    });
    const { offsets, bytes } = placeInArena(lifetimes);
    const fits = offsets.every((offset, i) => offset % 256 === 0 && offset + lifetimes[i]!.bytes <= bytes);
    if (overlaps(lifetimes, offsets) || !fits || bytes > 2 * peak(lifetimes) + 256 * 40)
      t.fail(`round ${round}: ${overlaps(lifetimes, offsets)} overlaps, ${bytes} bytes`);
  }
  t.pass('200 rounds');
});

/** A graph of operators that change nothing about the lengths [6, 10] but view, join and compute; some values live long. */
function randomGraph(seed: number): Graph {
  const random = randomOf(seed);
  const g = new Graph('random');
  const values = [g.input('x', 'float32', [6, 10]), g.input('y', 'float32', [6, 10])];
  const any = () => pick(random, values);
  const makers: (() => Value)[] = [
    () => any().sin(),
    () => any().add(any()).mul(0.5),
    () => any().sub(any()).tanh(),
    () => any().softmax(pick(random, [0, 1])),
    () => any().transpose(1, 0).reshape(6, 10),
    () =>
      g.concat(
        1,
        g
          .split(any(), 1, [3, 7])
          .reverse()
          .map((part) => part.cos()),
      ),
    () => g.concat(0, [any().slice(0, 0, 2), any().slice(0, 2, 6).neg()]),
    () => any().matmul(any().transpose(1, 0)).tanh().matmul(any()),
    () => any().mean([1]).add(any()),
    () => any().gather(0, [0, 0, 5, 1, 2, 2]),
  ];
  for (let i = 0; i < 25; i++) values.push(pick(random, makers)());
  const last = values.slice(2).reduce((sum, value, i) => (i % 3 ? sum : sum.add(value)), any());
  g.output('out', last, 'float32', [6, 10]);
  g.output('other', any().add(1), 'float32', [6, 10]);
  return g;
}

t.test('random graphs', async (t) => {
  for (let seed = 0; seed < 40; seed++) {
    const graph = randomGraph(seed);
    const { operations, places } = await planBuilt(graph);
    const { storages, lifetimes } = lifetimesOf(operations);
    const offsets = storages.map((storage) => places.get(storage)!);
    t.equal(overlaps(lifetimes, offsets), 0, `seed ${seed}: nothing that lives is overwritten`);
    const wave = (phase: number) => filled([6, 10], (i) => Math.sin(1.1 * i + phase));
    await plannedAsRuntime(t, graph, { x: wave(0), y: wave(1) }, `seed ${seed}`, 1e-5);
  }
});
