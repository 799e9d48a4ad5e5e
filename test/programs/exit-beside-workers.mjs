// Exits after a delay while two workers do whatever they do then: `exit-beside-workers.mjs <delay in ms>`.
import { Worker } from 'node:worker_threads';

for (let i = 0; i < 2; i++)
  new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { frames: 8, forEver: true } });
setTimeout(() => process.exit(5), Number(process.argv[2]));
