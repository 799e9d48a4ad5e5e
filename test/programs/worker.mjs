// One worker thread: loads the library, makes its own clip, sends the hash of its frames; or renders until it is terminated.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { load } from './load.mjs';
import { onCall } from './moments.mjs';
import { portraitFile, speech } from './speech.mjs';

if (workerData.tellCalls) onCall(() => parentPort.postMessage({ call: true }));
const talker = await load({ threads: 1, ...(workerData.device && { device: workerData.device }) });
const portrait = await talker.portrait(portraitFile);
do {
  const hash = createHash('sha256');
  let index = 0;
  for await (const { data } of talker.animate(portrait, speech(workerData.frames), { seed: 4 })) {
    hash.update(data);
    parentPort.postMessage({ frame: index++ });
  }
  parentPort.postMessage({ hash: hash.digest('hex') });
} while (workerData.forEver);
if (workerData.close !== false) await talker.close();
