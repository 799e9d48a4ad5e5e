import { readPack } from '../../../dist/packs/pack.js';
import { toRgb, toYuv } from './convert.js';
import { keypointsOf } from './keypoints.js';
import { Network } from './network.js';
import { readPortrait } from './portrait.js';

/** Motion to frames, one at a time. */
export class Renderer {
  static async open(settings) {
    const pack = await readPack(settings.pack);
    const portrait = await readPortrait(settings);
    const networks = await openNetworks(pack, portrait, settings);
    return new Renderer(pack.manifest, portrait, networks);
  }

  #portrait;
  #networks;

  constructor({ output, fps }, portrait, networks) {
    Object.assign(this, output, { fps });
    this.#portrait = portrait;
    this.#networks = networks;
    keypointsOf(portrait.motion, 0, portrait, networks[0].inputs.source);
  }

  frameBytes(format) {
    return (this.width * this.height * (format === 'rgb24' ? 6 : 3)) / 2;
  }

  /** Frame `index` of the motion, written to `out`. */
  async frame(motion, index, format, out) {
    const [first] = this.#networks;
    keypointsOf(motion, index, this.#portrait, first.inputs.driving);
    for (const network of this.#networks) await network.run();
    const { image } = this.#networks.at(-1).outputs;
    if (format === 'rgb24') toRgb(image, out);
    else toYuv(image, this.width, this.height, out);
  }
}

/** One network that renders, or one that warps and one that decodes what that wrote. */
async function openNetworks(pack, { feature }, { threads }) {
  if (pack.manifest.roles.render)
    return [await Network.open(pack, 'render', { threads, given: { feature } })];
  const warp = await Network.open(pack, 'warp', { threads, given: { feature } });
  return [warp, await Network.open(pack, 'decode', { threads, given: { feature: warp.outputs.feature } })];
}
