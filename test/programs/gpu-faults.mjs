// Makes clips on a GPU that fails: `gpu-faults.mjs lose <call>,<call>...` loses one at each of these calls, and has another one afterwards;
// `gpu-faults.mjs <function> <call>,<call>...` has no memory at each of these calls of a function that allocates. Prints how many of the calls
// a clip makes, and how many clips failed. After a failure clips have to be whole: of the processor's talker, and of the same one where memory
// lacked.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Talker } from 'kdtalker';
import { configure } from './double.mjs';
import { load } from './load.mjs';
import { speech } from './speech.mjs';

const [kind, numbers] = process.argv.slice(2);
const LOSS = kind === 'lose';
const CODE = LOSS ? 'DEVICE_LOST' : 'DEVICE_MEMORY';
const picture = {
  data: new Uint8Array(64 * 64 * 3).map((_, i) => i % 251),
  width: 64,
  height: 64,
  channels: 3,
};
const cut = { crop: 'none' };

async function clip(talker) {
  const portrait = await talker.portrait(picture, cut);
  const hash = createHash('sha256');
  const options = { steps: 2, seed: 4, frame: 'crop' };
  for await (const { data } of talker.animate(portrait, speech(3), options)) hash.update(data);
  await portrait.close();
  return hash.digest('hex');
}

/** The code of the error, or undefined. */
async function codeOf(work) {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error.code ?? String(error);
  }
}

const processor = await Talker.load('puppet', { device: 'cpu' });
const expected = await clip(processor);
configure('');
const healthy = await load();
const onGpu = await clip(healthy);
const { allocations } = healthy.deviceWork();
await healthy.close();

/** Whether a talker or its clip fails where the GPU does so at its call `after`, as it has to, and what is left works. */
async function failsAt(after) {
  configure(LOSS ? `fresh=1 lose=${after}:719` : `fail=${kind}:${after}:2`);
  let talker;
  let code = await codeOf(async () => {
    talker = await load();
  });
  code ??= await codeOf(async () => assert.equal(await clip(talker), onGpu));
  if (code !== undefined) assert.equal(code, CODE, `call ${after}`);
  if (LOSS && code) await checkLost();
  if (!LOSS && code) {
    talker ??= await load();
    assert.equal(await clip(talker), onGpu, `after call ${after}`);
  }
  await talker?.close();
  return code !== undefined;
}

async function checkLost() {
  assert.equal(await codeOf(load), CODE, 'another talker of the GPU');
  assert.equal(await clip(processor), expected, 'a talker of the processor');
}

const calls = numbers.split(',').map(Number);
// That of a loss shows by the clips that do not fail.
const made = LOSS ? calls : calls.filter((call) => call < allocations);
let failed = 0;
for (const call of made) failed += await failsAt(call);
await processor.close();
console.log(JSON.stringify({ failed, made: made.length }));
