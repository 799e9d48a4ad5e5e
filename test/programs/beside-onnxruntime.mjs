// Makes a clip beside onnxruntime-node in the same process, which has a session before the talker loads or after: `beside-onnxruntime.mjs
// <before|after>`. Prints how many frames there were before and after the talker was closed and loaded again.
import { createRequire } from 'node:module';
import { load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const { InferenceSession } = createRequire(import.meta.url)('onnxruntime-node');
const graph = new URL('../../dist/built-in/puppet/motion.onnx', import.meta.url).pathname;

async function clip() {
  const talker = await load();
  const portrait = await talker.portrait(portraitFile);
  let frames = 0;
  for await (const _ of talker.animate(portrait, speech(25))) frames++;
  return { talker, frames };
}

const sessions = [];
if (process.argv[2] === 'before') sessions.push(await InferenceSession.create(graph));
const first = await clip();
if (process.argv[2] === 'after') sessions.push(await InferenceSession.create(graph));
await first.talker.close();
const second = await clip();
await second.talker.close();
console.log(first.frames, second.frames, sessions.length);
