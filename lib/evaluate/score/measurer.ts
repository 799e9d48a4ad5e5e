import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readPicture } from '../../media/index.js';
import { safely } from '../../talker/host/progress.js';
import type { BenchClip } from '../bench/bench.js';
import { type ClipSpeech, hearSpeech } from '../measure/clip-speech.js';
import { orReason } from '../reasons.js';
import type { FidStore } from './fid-store.js';
import type { Appender, Unit } from './journal.js';
import { measureUnit, type Surroundings, type Task } from './measure-unit.js';
import { REAL } from './names.js';
import type { OpenNetworks } from './networks.js';
import type { EvaluatePlan, EvaluateProgress } from './options.js';

/** What a clip's methods share. */
type Shared = Pick<Surroundings, 'speech' | 'speechFile' | 'pointsFile' | 'identityFile' | 'reference'>;

/** Measures tasks in order; keeps what a clip's methods share. */
export class Measurer {
  readonly #networks: OpenNetworks;
  readonly #plan: EvaluatePlan;
  readonly #total: number;
  readonly #fid: FidStore | undefined;
  readonly #tell: (progress: EvaluateProgress) => void;
  #shared: { clip: string; shared: Shared } | undefined;

  constructor(networks: OpenNetworks, plan: EvaluatePlan, total: number, fid: FidStore | undefined) {
    this.#networks = networks;
    this.#plan = plan;
    this.#total = total;
    this.#fid = fid;
    this.#tell = safely(plan.onProgress);
  }

  /** Measures a video and appends it to the units that are done. */
  async measure(task: Task, done: Unit[], appender: Appender): Promise<void> {
    const { clip, method } = task;
    const real = done.find((unit) => unit.clip === clip.name && unit.method === REAL);
    let frames = 0;
    const event = { clip: clip.name, method, done: done.length, total: this.#total };
    const sums = this.#fid?.begin(method);
    const around = {
      ...this.#networks,
      ...(await this.#sharedOf(clip)),
      ...{ real, sums, signal: this.#plan.signal },
      ...{ lse: this.#plan.lse, lseReencode: this.#plan.lseReencode },
      onFrame: () => this.#tell({ ...event, frames: ++frames }),
    };
    if (method !== REAL) await restoreReal(task, real, around);
    const unit = await measureUnit(task, around);
    const all = [...done, unit];
    if (sums && unit.frames > 0) await this.#fid?.save(method, sums, all);
    await appender.add(unit);
    done.push(unit);
    await this.#fid?.settle(method, done);
  }

  async #sharedOf(clip: BenchClip): Promise<Shared> {
    if (this.#shared?.clip !== clip.name)
      this.#shared = { clip: clip.name, shared: await this.#readShared(clip) };
    return this.#shared.shared;
  }

  async #readShared({ name, speech, reference }: BenchClip): Promise<Shared> {
    const heard = await orReason<ClipSpeech>(() => hearSpeech(speech, this.#plan.signal));
    const real = (ending: string) => join(this.#plan.out, 'real', `${name}.${ending}`);
    return {
      speech: 'why' in heard ? undefined : heard,
      speechFile: 'why' in heard ? undefined : speech,
      pointsFile: real('points'),
      identityFile: real('identities'),
      reference: await this.#referenceOf(reference),
    };
  }

  /** The embedding of the face of the reference picture. */
  async #referenceOf(file: string): Promise<Float32Array | undefined> {
    const { finder, judges } = this.#networks;
    const identity = judges?.identity;
    if (!identity) return undefined;
    const { signal } = this.#plan;
    const seen = await orReason(async () => {
      const picture = await readPicture(file, { signal });
      return {
        embedding: await identity.see(picture, await finder.find(picture, { face: 'largest', signal })),
      };
    });
    return 'why' in seen ? undefined : seen.embedding;
  }
}

/** Measures a real video again if what its methods are compared with was removed since. */
async function restoreReal({ clip }: Task, real: Unit | undefined, around: Surroundings): Promise<void> {
  if (!real || real.frames === 0) return;
  const files = [around.pointsFile, ...(around.judges?.identity ? [around.identityFile] : [])];
  if (files.every(existsSync)) return;
  const again = { clip, method: REAL, file: clip.real, sha256: real.sha256, times: undefined };
  await measureUnit(again, { ...around, sums: undefined });
}
