import { convertPack } from '../../dist/packs/kdtalker/convert.js';

/** Converts checkpoints in a process of its own and says as JSON what came of it and the most memory that was used, in bytes. */
const [options] = process.argv.slice(2);
const progress = [];
const manifest = await convertPack({ ...JSON.parse(options), onProgress: (at) => progress.push(at) });
const peak = process.resourceUsage().maxRSS * 1024;
const written = progress.filter(({ stage }) => stage === 'write');
process.stdout.write(JSON.stringify({ manifest, peak, first: written[0], last: written.at(-1) }));
