// Is killed in the middle of a task: `killed.mjs <task>`. Cannot clean up.
import { createReadStream, existsSync } from 'node:fs';
import { synthesizePack, Talker } from '../../dist/index.js';
import { openVideo } from '../../dist/media/index.js';
import { portraitFile, speechFile } from './speech.mjs';

const die = () => process.kill(process.pid, 'SIGKILL');
/** Dies at the first progress event of a stage that has done some work. */
const dieAt = (wanted) => (progress) => {
  if (progress.stage === wanted && progress.done > 0) die();
};

async function save(name) {
  const talker = await Talker.load();
  const clip = talker.animate(await talker.portrait(portraitFile), speechFile, {
    onProgress: dieAt('encode'),
  });
  await clip.save(name);
}

const works = {
  video: () => save('talk.mp4'),
  frames: () => save('frames/'),
  async source() {
    const talker = await Talker.load();
    await talker.sourceVideo(portraitFile);
    die();
  },
  async sound() {
    const talker = await Talker.load();
    const clip = talker.animate(await talker.portrait(portraitFile), createReadStream(speechFile), {
      onProgress: dieAt('encode'),
    });
    await clip.save('talk.mp4');
  },
  lowering: () => Talker.load('small', { onProgress: dieAt('lower') }),
  pack: () => synthesizePack({ salt: 'x', directory: 'pack', fingerprint: false, onProgress: die }),
  // Lives until its parent kills it.
  async living() {
    await openVideo('talk.mp4', { width: 64, height: 48, fps: 25, frames: 3 });
    console.log('ready');
    setInterval(() => existsSync('.'), 1000);
  },
};
await works[process.argv[2]]();
