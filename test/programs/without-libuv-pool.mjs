// Renders a clip while libuv's only thread is blocked.
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Talker } from 'kdtalker';
import { portraitFile, speech } from './speech.mjs';

const talker = await Talker.load();
const portrait = await talker.portrait(portraitFile);
let opened = false;
const blocked = open('pipe').then((file) => {
  opened = true;
  return file.close();
});
let frames = 0;
for await (const _ of talker.animate(portrait, speech(4))) frames++;
await talker.close();
if (opened) throw new Error('Expected the pool to be blocked');
console.log(`${frames} frames while the pool was blocked`);
closeSync(openSync('pipe', 'w'));
await blocked;
