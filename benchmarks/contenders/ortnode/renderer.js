import { readPack } from '../../../dist/packs/pack.js';
import { toRgb, toYuv } from './convert.js';
import { keypointsOf } from './keypoints.js';
import { Network } from './network.js';
import { readPortrait } from './portrait.js';

/** The names of the networks in the report: a single network counts under the first name. */
const STAGES = ['warp', 'decode'];

/** From motion to frames, one at a time. */
export class Renderer {
  static async open(settings) {
    const pack = await readPack(settings.pack);
    const portrait = await readPortrait(settings);
    const networks = await openNetworks(pack, portrait, settings);
    return new Renderer(pack.manifest, portrait, networks);
  }

  /** ms of each run of a stage, by its name. */
  times = {};
  #portrait;
  #networks;

  constructor({ output, fps }, portrait, networks) {
    Object.assign(this, output, { fps });
    this.#portrait = portrait;
    this.#networks = networks;
    keypointsOf(portrait.motion, 0, portrait, networks[0].inputs.source);
  }

  frameBytes(format) {
    const bytes = { rgbf32: 12, rgb24: 3, yuv420p: 1.5 };
    return this.width * this.height * bytes[format];
  }

  /** Frame `index` of the motion, written to `out`. */
  async frame(motion, index, format, out) {
    const [first] = this.#networks;
    keypointsOf(motion, index, this.#portrait, first.inputs.driving);
    for (const [i, network] of this.#networks.entries()) await this.#timed(STAGES[i], () => network.run());
    const { image } = this.#networks.at(-1).outputs;
    await this.#timed('convert', () => this.#convert(image, format, out));
  }

  /** Resets the times of the stages after the warm-up. */
  forget() {
    this.times = {};
  }

  async #timed(stage, work) {
    const begun = performance.now();
    await work();
    this.times[stage] ??= [];
    this.times[stage].push(performance.now() - begun);
  }

  #convert(image, format, out) {
    if (format === 'rgbf32') out.set(new Uint8Array(image.buffer, image.byteOffset, image.byteLength));
    else if (format === 'rgb24') toRgb(image, out);
    else toYuv(image, this.width, this.height, out);
  }
}

/** One network that renders, or one that warps and one that decodes its output. */
async function openNetworks(pack, { feature }, { threads }) {
  if (pack.manifest.roles.render)
    return [await Network.open(pack, 'render', { threads, given: { feature } })];
  const warp = await Network.open(pack, 'warp', {
    threads,
    given: { feature },
    skip: ['deformation', 'occlusion'],
  });
  return [warp, await Network.open(pack, 'decode', { threads, given: { feature: warp.outputs.feature } })];
}
