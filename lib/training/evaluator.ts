import { copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import { animateBench } from '../evaluate/bench/animate.js';
import { readBench } from '../evaluate/bench/bench.js';
import { evaluate } from '../evaluate/score/evaluate.js';
import type { Table } from '../evaluate/score/table.js';
import { orOutputError } from '../files/output-error.js';
import { inScratchFolder } from '../files/scratch-folder.js';
import { TemporaryPath } from '../files/temporary-path.js';
import { replaceDenoiser } from '../packs/kdtalker/replace-denoiser.js';
import type { Pack } from '../packs/pack.js';
import { Talker } from '../talker/talker.js';
import type { TrainingEvent } from './process.js';

/** How a training is evaluated on the way. */
export interface RunEvaluation {
  /** Steps between two evaluations: a multiple of those between checkpoints. */
  every: number;
  /** The folder of a bench. Every clip of it is made and measured: about eight are enough. */
  bench: string;
}

/** The run whose checkpoints are evaluated. */
export interface EvaluatedRun {
  /** The run's folder, which gets `evaluations/<step>` with videos and results. */
  readonly out: string;
  /** Gives the networks that are not trained. */
  readonly pack: Pack;
  readonly signal: AbortSignal | undefined;
  /** Is told the means of all metrics. */
  tell(event: TrainingEvent): void;
}

const METHOD = 'trained';

/** Makes videos with checkpoints of a run, and measures them while the run goes on. */
export class Evaluator {
  readonly #evaluation: RunEvaluation;
  readonly #run: EvaluatedRun;
  readonly #stopped = new AbortController();
  #newest = 0;
  #work = Promise.resolve();

  private constructor(evaluation: RunEvaluation, run: EvaluatedRun) {
    const signals = [this.#stopped.signal, ...(run.signal ? [run.signal] : [])];
    this.#evaluation = evaluation;
    this.#run = { ...run, signal: AbortSignal.any(signals) };
  }

  /** @throws KdtalkerError FILE_NOT_FOUND if there is no such bench, INVALID_ARGUMENT */
  static async open(evaluation: RunEvaluation, run: EvaluatedRun): Promise<Evaluator> {
    await readBench(evaluation.bench);
    return new Evaluator(evaluation, run);
  }

  /** Takes note of a checkpoint, and evaluates it after those before, if it is time for that. */
  take({ event, step, file }: TrainingEvent): void {
    if (event !== 'checkpoint' || step <= this.#newest || step % this.#evaluation.every !== 0) return;
    this.#newest = step;
    this.#work = Promise.all([this.#keep(String(file)), this.#work]).then(([kept]) =>
      this.#evaluate(kept.path, step).finally(() => kept.remove()),
    );
    this.#work.catch(() => {}); // finish() reports it
  }

  /** Waits for the last evaluation. @throws the errors of evaluations */
  async finish(): Promise<void> {
    await this.#work;
  }

  /** Stops what still works. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#work.catch(() => {}); // finish() has reported it
  }

  /** The trainer removes old checkpoints: a name of its own keeps this one. */
  async #keep(checkpoint: string): Promise<TemporaryPath> {
    const kept = await TemporaryPath.claim(this.#run.out, 'evaluated');
    const linked = link(checkpoint, kept.path).catch(() => copyFile(checkpoint, kept.path));
    await orOutputError(linked, this.#run.out);
    return kept;
  }

  async #evaluate(checkpoint: string, step: number): Promise<void> {
    const { out, signal, tell } = this.#run;
    const { bench } = this.#evaluation;
    const folder = join(out, 'evaluations', String(step));
    const videos = join(folder, 'videos');
    await this.#animate(checkpoint, videos);
    const methods = { [METHOD]: videos };
    const { table } = await evaluate({ bench, methods, out: join(folder, 'results'), signal });
    tell({ event: 'evaluation', step, ...meansOf(table) });
  }

  /** Makes a pack of the checkpoint that is gone again when the videos are there. */
  async #animate(checkpoint: string, videos: string): Promise<void> {
    const { out, pack, signal } = this.#run;
    await inScratchFolder(join(out, 'evaluated'), async (scratch) => {
      const directory = join(scratch, 'pack');
      await replaceDenoiser({ pack, checkpoint, directory, fingerprint: false, ...(signal && { signal }) });
      const talker = await Talker.load(directory, { lowering: false, signal });
      try {
        await animateBench(talker, { bench: this.#evaluation.bench, out: videos, speed: false, signal });
      } finally {
        await talker.close();
      }
    });
  }
}

function meansOf({ methods }: Table): Record<string, number> {
  const { metrics } = methods.find(({ name }) => name === METHOD)!;
  const known = Object.entries(metrics).filter(([, { mean }]) => mean !== undefined);
  return Object.fromEntries(known.map(([name, { mean }]) => [name, mean!]));
}
