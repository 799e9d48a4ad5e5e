// Makes a clip on a GPU that fails once, as KDTALKER_CUDA_DOUBLE plans it, until one is whole: prints the codes of the errors, the hash of the
// clip's bytes, and what the GPU was asked for.
import { createHash } from 'node:crypto';
import { load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const codes = [];

/** Again after an error, with the same talker. */
async function until(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      codes.push(error.code ?? String(error));
      if (codes.length > 3) process.exit(3);
    }
  }
}

async function clip(talker) {
  const portrait = await talker.portrait(portraitFile);
  const hash = createHash('sha256');
  for await (const { data } of talker.animate(portrait, speech(3), { steps: 4, seed: 4 })) hash.update(data);
  await portrait.close();
  return hash.digest('hex');
}

const talker = await until(() => load());
const hash = await until(() => clip(talker));
const work = talker.deviceWork();
await talker.close();
console.log(JSON.stringify({ codes, hash, work }));
