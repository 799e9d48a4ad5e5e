import type { HostTensor, HostTensors } from '../../binding.js';
import type { ListedNetwork } from './list.js';

/** An open network of a judge; tensors have the names that metrics use. */
export interface JudgeSession {
  run(feeds: HostTensors): Promise<HostTensors>;
  /** The number of inputs that it takes at once; undefined for any number. */
  readonly batch: number | undefined;
  close(): Promise<void>;
}

/** An open network whose tensors have the graph's names. */
export type GraphSession = Pick<JudgeSession, 'run' | 'close'>;

/** Gives the tensors of a network the names that metrics use. @param first the first lengths of all its tensors; negative: any */
export function judgeSession(
  network: GraphSession,
  { inputs, outputs }: Pick<ListedNetwork, 'inputs' | 'outputs'>,
  first: readonly number[],
): JudgeSession {
  const renamed = (tensors: HostTensors, pairs: readonly [string, string][]) =>
    Object.fromEntries(pairs.map(([from, to]): [string, HostTensor] => [to, tensors[from]!]));
  const into = Object.entries(inputs);
  const outOf = Object.entries(outputs).map(([own, graphs]): [string, string] => [graphs, own]);
  return {
    run: async (feeds) => renamed(await network.run(renamed(feeds, into)), outOf),
    batch: first.every((length) => length < 0) ? undefined : 1,
    close: () => network.close(),
  };
}
