// Exits while two workers load and prepare, after the given number of addon calls: `exit-beside-workers.mjs <calls>`.
import { Worker } from 'node:worker_threads';

const until = Number(process.argv[2]);
const workerData = { frames: 8, forEver: true, tellCalls: true };
let calls = 0;
for (let i = 0; i < 2; i++) {
  new Worker(new URL('./worker.mjs', import.meta.url), { workerData }).on('message', ({ call }) => {
    if (call && ++calls === until) process.exit(5);
  });
}
