import { throwIfAborted } from '../../errors.js';
import { finite } from '../checkpoint/finite.js';
import { type Checkpoint, openCheckpoint, type State, selectState } from '../checkpoint/index.js';
import { type AllWeights, CHECKPOINT_NETWORKS, type CheckpointNetwork } from '../weights/weights.js';
import { expectedWeights, type NetworkName } from './networks.js';
import { SOURCES, type SourceFile } from './sources.js';
import { readTrained, type Trained } from './trained.js';

/**
 * Weights in files. Memory holds the weights of one graph at a time: at most 230 MB. Everything else in the files, such as
 * an optimizer's state, stays on the disk.
 */
export class StoredWeights {
  /** The weights for the graphs. Call {@link load} before reading. */
  readonly weights: AllWeights;
  /** What the denoiser's file says about itself; undefined where it is not among the files. */
  readonly trained: Trained | undefined;
  readonly #checkpoints: readonly Checkpoint[];
  readonly #states: ReadonlyMap<CheckpointNetwork, State>;
  readonly #loaded = new Map<string, Float32Array>();

  private constructor(
    checkpoints: readonly Checkpoint[],
    states: ReadonlyMap<CheckpointNetwork, State>,
    trained: Trained | undefined,
  ) {
    this.#checkpoints = checkpoints;
    this.#states = states;
    this.trained = trained;
    const entries = CHECKPOINT_NETWORKS.map((network) => [
      network,
      { floats: (key: string) => this.#floats(network, key) },
    ]);
    this.weights = Object.fromEntries(entries) as AllWeights;
  }

  /**
   * Opens the files and checks names and shapes of every network in them; reads no weights yet.
   *
   * @throws KdtalkerError FILE_NOT_FOUND, CHECKPOINT_INVALID
   */
  static async open(files: ReadonlyMap<SourceFile, string>): Promise<StoredWeights> {
    const opened = new Map<SourceFile, Checkpoint>();
    try {
      for (const [name, path] of files) opened.set(name, await openCheckpoint(path));
      const denoiser = opened.get('kdtalker');
      const trained = denoiser && readTrained(denoiser);
      return new StoredWeights([...opened.values()], selectAll(opened, trained), trained);
    } catch (error) {
      await closeAll([...opened.values()]);
      throw error;
    }
  }

  /** Reads the weights of a graph and frees those of the previous graph. @throws CHECKPOINT_INVALID, ABORTED */
  async load(graph: NetworkName, signal?: AbortSignal): Promise<void> {
    this.#loaded.clear();
    const expected = expectedWeights([graph], this.trained?.shape);
    for (const network of CHECKPOINT_NETWORKS) {
      for (const { key } of expected[network]) {
        throwIfAborted(signal, 'Converting checkpoints');
        const values = await this.#states.get(network)!.floats(key);
        this.#loaded.set(`${network}.${key}`, finite(values, key, network));
      }
    }
  }

  /** Closes the files. */
  async close(): Promise<void> {
    this.#loaded.clear();
    await closeAll(this.#checkpoints);
  }

  /** Returns a copy: graphs fold normalisations into the array. */
  #floats(network: CheckpointNetwork, key: string): Float32Array {
    const values = this.#loaded.get(`${network}.${key}`);
    if (!values) throw new RangeError(`Expected ${network}.${key} to be loaded before it is read`);
    return values.slice();
  }
}

/** The networks that the opened files should contain. */
function selectAll(
  opened: ReadonlyMap<SourceFile, Checkpoint>,
  trained: Trained | undefined,
): Map<CheckpointNetwork, State> {
  const expected = expectedWeights(undefined, trained?.shape);
  const present = CHECKPOINT_NETWORKS.filter((network) => opened.has(SOURCES[network].file));
  const states = present.map((network): [CheckpointNetwork, State] => {
    const { file, ignored, prefixes: known } = SOURCES[network];
    const prefixes = file === 'kdtalker' && trained?.place !== undefined ? [trained.place] : known;
    const wanted = Object.fromEntries(expected[network].map(({ key, dims }) => [key, dims]));
    return [
      network,
      selectState(opened.get(file)!, { network, wanted, ignored, ...(prefixes && { prefixes }) }),
    ];
  });
  return new Map(states);
}

async function closeAll(checkpoints: readonly Checkpoint[]): Promise<void> {
  await Promise.all(checkpoints.map((checkpoint) => checkpoint.close()));
}
