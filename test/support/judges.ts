import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addJudges, type JudgeName } from 'kdtalker';
import type { Test } from 'tap';
import { openJudge } from '../../dist/packs/judges/open.js';
import { JUDGES } from '../../dist/packs/judges/registry.js';
import { uniform } from '../../dist/packs/weights/formula.js';
import type { Weights } from '../../dist/packs/weights/weights.js';
import type { Picture } from '../../dist/picture.js';
import { OrderedDict, Storage, Tensor, torchLegacy, torchZip } from './checkpoint-writer.js';
import { evalJson } from './golden-eval.js';

/** A tensor of a public checkpoint and the range of its formula weights. */
interface Listed {
  key: string;
  shape: number[];
  center: number | number[];
  scale: number | number[];
}
interface Checkpoints {
  salt: string;
  networks: Record<string, Listed[]>;
}

/** The list of the public checkpoints' tensors. */
export const LISTS = 'checkpoints.json';
const lists = () => evalJson(LISTS) as Checkpoints;

function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The golden weights of a network; a key or shape that its public checkpoint lacks throws. */
export function goldenWeights(network: string, used = new Set<string>()): Weights {
  const { salt, networks } = lists();
  const known = new Map(networks[network]!.map((listed) => [listed.key, listed]));
  return {
    expect(key, dims) {
      used.add(key);
      const shape = known.get(key)?.shape;
      if (`${shape}` !== `${dims}`)
        throw new Error(`${network}.${key}: expected [${dims}] but listed is [${shape}]`);
    },
    floats(key, dims) {
      const { center, scale } = known.get(key)!;
      return uniform(fnv1a32(`${salt}${network}.${key}`), dims, { centre: center, scale });
    },
  };
}

/** Every tensor of a judge's public checkpoint. */
export const judgeTensors = (network: string): Listed[] => lists().networks[network]!;

/** How a judge's checkpoint is written. */
export interface WriteJudgeOptions {
  /** As PyTorch wrote before 2020: without the counters of normalisations. */
  legacy?: boolean;
  /** Another tensor, by its name. */
  more?: Record<string, Tensor>;
}

/** A judge's checkpoint with the golden weights and all tensors of the public one. @returns its file */
export function writeJudge(
  file: string,
  network: string,
  { legacy = false, more = {} }: WriteJudgeOptions = {},
): string {
  const weights = goldenWeights(network);
  const listed = judgeTensors(network);
  const tensors = listed.map(({ key, shape }): [string, Tensor] => [
    key,
    new Tensor(new Storage('float32', weights.floats(key, shape)), shape),
  ]);
  const counters = listed.flatMap(({ key }): [string, Tensor][] =>
    key.endsWith('.running_var')
      ? [
          [
            key.replace('running_var', 'num_batches_tracked'),
            new Tensor(new Storage('int64', BigInt64Array.of(7n)), []),
          ],
        ]
      : [],
  );
  const all = new OrderedDict([...tensors, ...(legacy ? [] : counters), ...Object.entries(more)]);
  writeFileSync(file, legacy ? torchLegacy(all) : torchZip(all));
  return file;
}

/** Runs a network of a judge on its one input. */
export type RunJudge = (input: {
  dims: number[];
  data: Float32Array;
}) => Promise<Record<string, Float32Array>>;

/** Old files are legacy containers. */
const LEGACY = ['syncnet', 'hopenet'];

/** Adds a judge's released file with formula weights to a folder, and opens a network of it as an evaluation does. */
export async function openedJudge(
  t: Test,
  judge: JudgeName,
  network: string,
  device = 'cpu',
): Promise<RunJudge> {
  const folder = mkdtempSync(join(tmpdir(), 'kdtalker-judges-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const list = judge === 'arcface' ? 'arcface_r50' : judge;
  const released = writeJudge(join(folder, 'released'), list, { legacy: LEGACY.includes(judge) });
  const judges = await addJudges({ out: join(folder, 'judges'), files: { [judge]: released } });
  const session = await openJudge(join(folder, 'judges'), judges, judge, {
    ...{ threads: 2, device, signal: undefined },
  });
  t.teardown(() => Promise.all(Object.values(session).map((each) => each.close())));
  const [input] = JUDGES[judge].networks[network]!.inputs;
  return async (given) => {
    const results = await session[network]!.run({ [input!]: given });
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
    );
  };
}

/** Pictures of one size as planes of red, green and blue, each value changed by its channel. */
export function planesOfAll(
  pictures: readonly Picture[],
  change: (value: number, channel: number) => number,
) {
  const { width, height } = pictures[0]!;
  const size = width * height;
  const data = new Float32Array(pictures.length * 3 * size);
  pictures.forEach((picture, n) => {
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < size; i++) data[(3 * n + c) * size + i] = change(picture.data[3 * i + c]!, c);
  });
  return { dims: [pictures.length, 3, height, width], data };
}
