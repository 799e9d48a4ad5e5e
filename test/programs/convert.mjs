import { convertPack } from '../../dist/packs/kdtalker/convert.js';

/** Converts checkpoints in its own process; prints the outcome and the peak memory, in bytes, as JSON. */
const [options] = process.argv.slice(2);
const progress = [];
const manifest = await convertPack({ ...JSON.parse(options), onProgress: (at) => progress.push(at) });
const peak = process.resourceUsage().maxRSS * 1024;
const written = progress.filter(({ stage }) => stage === 'write');
process.stdout.write(JSON.stringify({ manifest, peak, first: written[0], last: written.at(-1) }));
