// Several workers at once beside the main thread: all make the same frames. Some close, some leave everything open.
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { device, load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const FRAMES = 4;
/** Beside the device of the others. A GPU's frames are its own. */
const others = device.startsWith('cuda') ? device : 'guarded';

function hashInWorker(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { frames: FRAMES, ...workerData },
    });
    let hash;
    worker.on('message', (message) => {
      hash ??= message.hash;
    });
    worker.once('error', reject);
    worker.once('exit', (code) => resolve(`${code} ${hash}`));
  });
}

async function hashHere() {
  const talker = await load();
  const portrait = await talker.portrait(portraitFile);
  const hash = createHash('sha256');
  for await (const { data } of talker.animate(portrait, speech(FRAMES), { seed: 4 })) hash.update(data);
  return `0 ${hash.digest('hex')}`;
}

const first = await hashInWorker({}); // before the main thread has loaded anything
const rest = await Promise.all([
  hashInWorker({ close: false }),
  hashInWorker({ device: others }),
  hashInWorker({ close: false }),
  hashHere(),
]);
const after = await hashInWorker({});
const hashes = new Set([first, ...rest, after]);
console.log(hashes.size === 1 ? 'all the same' : [...hashes].join('\n'));
