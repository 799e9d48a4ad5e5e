// Sweeps a folder, as any run in it does: `sweep.mjs <folder>`.
import { sweepLeftovers } from '../../dist/files/leftovers.js';

await sweepLeftovers(process.argv[2]);
