import { readPack } from '../../../dist/packs/pack.js';
import { Network } from './network.js';
import { fillNormal } from './noise.js';
import { readPortrait } from './portrait.js';

const MOTION = 70;
const FEATURES = 512;
/** The number of conditioning values: scale and shift of 768 numbers for each of the denoiser's twelve blocks. */
const CONDITION = 12 * 2 * 768;

/** From windows of a mel spectrogram to one window of motion: audio features, then DDIM (eta 0). */
export class Sampler {
  static async open(settings) {
    const pack = await readPack(settings.pack);
    const { window } = pack.manifest.sampler;
    const { threads } = settings;
    const audio = await Network.open(pack, 'audio', {
      threads,
      dims: { mel: [window, 1, 80, 16], feature: [window, FEATURES] },
    });
    const split = pack.manifest.roles.condition
      ? await openCondition(pack, { threads, window, audio: audio.outputs.feature })
      : undefined;
    const denoiser = await Network.open(pack, 'denoiser', {
      threads,
      given: split ? { condition: split.condition.outputs.condition } : { audio: audio.outputs.feature },
      dims: {
        x: [1, window, MOTION],
        noise: [1, window, MOTION],
        ...(split
          ? { condition: [1, window, CONDITION], time: [1, CONDITION] }
          : { audio: [1, window, FEATURES] }),
      },
    });
    const portrait = await readPortrait(settings);
    return new Sampler(pack.manifest, portrait, { audio, denoiser, ...split });
  }

  /** ms of each run of a stage. */
  times = { audio: [], sample: [] };
  #statistics;
  #audio;
  #denoiser;
  #condition;
  #times;
  #plan;

  constructor({ statistics, sampler }, portrait, { audio, denoiser, condition, times }) {
    this.#statistics = rowsOf(statistics);
    this.#audio = audio;
    this.#denoiser = denoiser;
    this.#condition = condition;
    this.#times = times;
    this.#plan = planOf(sampler);
    /** [window, 1, 80, 16]; the caller fills it before a call. */
    this.mel = audio.inputs.mel;
    fillTokens(portrait, statistics, this.#statistics, denoiser.inputs);
  }

  /** Writes raw motion, [window, 70], to `out`. */
  async window(seed, out) {
    const begun = performance.now();
    await this.#audio.run();
    this.times.audio.push(performance.now() - begun);
    await this.#denoise(seed, out);
    this.times.sample.push(performance.now() - begun - this.times.audio.at(-1));
  }

  /** Resets the times of the stages after the warm-up. */
  forget() {
    this.times = { audio: [], sample: [] };
  }

  async #denoise(seed, out) {
    await this.#condition?.run();
    const { x, timestep, time } = this.#denoiser.inputs;
    const { noise } = this.#denoiser.outputs;
    fillNormal(x, seed, 0);
    for (const [i, step] of this.#plan.entries()) {
      if (time) time.set(this.#times.subarray(i * time.length, (i + 1) * time.length));
      else timestep[0] = step.timestep;
      await this.#denoiser.run();
      ddimStep(x, noise, step);
    }
    const { mean, std } = this.#statistics;
    for (let i = 0; i < out.length; i++) out[i] = x[i] * std[i % MOTION] + mean[i % MOTION];
  }
}

/** The parts of the denoiser's condition: the audio's part, and a row for each step, computed once. */
async function openCondition(pack, { threads, window, audio }) {
  const { steps } = pack.manifest.sampler;
  const time = await Network.open(pack, 'time', {
    threads,
    dims: { timestep: [steps], time: [steps, CONDITION] },
  });
  planOf(pack.manifest.sampler).forEach((step, i) => {
    time.inputs.timestep[i] = step.timestep;
  });
  await time.run();
  const condition = await Network.open(pack, 'condition', {
    threads,
    given: { audio },
    dims: { audio: [1, window, FEATURES], condition: [1, window, CONDITION] },
  });
  return { condition, times: time.outputs.time };
}

function ddimStep(x, noise, { sqrtAlpha, sqrtBeta, sqrtAlphaNext, direction }) {
  for (let i = 0; i < x.length; i++) {
    const clean = (x[i] - sqrtBeta * noise[i]) / sqrtAlpha;
    x[i] = sqrtAlphaNext * clean + direction * noise[i];
  }
}

/** The steps from the noisiest down, with their coefficients; betas are linear, alpha-bar after the last step is 1. */
function planOf({ steps, trainTimesteps, betaStart, betaEnd }) {
  const alphas = [];
  for (let i = 0, product = 1; i < trainTimesteps; i++) {
    product *= 1 - (betaStart + ((betaEnd - betaStart) * i) / (trainTimesteps - 1));
    alphas.push(product);
  }
  const stride = Math.floor(trainTimesteps / steps);
  const step = (k) => {
    const a = alphas[k * stride];
    const next = k === 0 ? 1 : alphas[(k - 1) * stride];
    return {
      timestep: BigInt(k * stride),
      sqrtAlpha: Math.sqrt(a),
      sqrtBeta: Math.sqrt(1 - a),
      sqrtAlphaNext: Math.sqrt(next),
      direction: Math.sqrt(1 - next),
    };
  };
  return Array.from({ length: steps }, (_, i) => step(steps - 1 - i));
}

/** Mean and deviation of a frame of motion, [70] each. */
export function rowsOf({ scale, yaw, pitch, roll, t, exp }) {
  const row = (kind) =>
    Float32Array.from([scale, yaw, pitch, roll, t, exp].flatMap((statistic) => statistic[kind]));
  return { mean: row('mean'), std: row('std') };
}

/** The portrait's input to the denoiser: its normalised canonical keypoints after seven zeros, and its motion. */
export function fillTokens({ canonical, motion }, { kp }, { mean, std }, inputs) {
  canonical.forEach((value, i) => {
    inputs.canonical[7 + i] = (value - kp.mean[i]) / kp.std[i];
  });
  motion.forEach((value, i) => {
    inputs.reference[i] = (value - mean[i]) / std[i];
  });
}
