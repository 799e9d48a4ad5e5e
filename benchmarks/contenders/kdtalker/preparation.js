import { Talker } from '../../../dist/index.js';
import { measureCalls } from '../../measure.js';
import { openPortrait } from './open.js';

/** Pack from the disk to a talker that is ready. */
export async function load(settings) {
  return measureCalls(settings, async () => {
    const talker = await Talker.load(settings.pack, { threads: settings.threads });
    await talker.close();
  });
}

/** Picture file to a portrait: decoding, face, landmarks, crop, networks. The face networks are open already. */
export async function portrait(settings) {
  const talker = await Talker.load(settings.pack, { threads: settings.threads });
  const result = await measureCalls(settings, async () => {
    const prepared = await talker.portrait(settings.portrait);
    await prepared.close();
  });
  await talker.close();
  return result;
}

/** From nothing but the loaded JavaScript to the first frame of a talking picture. */
export async function firstFrameCold(settings) {
  return measureCalls(settings, async () => {
    const talker = await Talker.load(settings.pack, { threads: settings.threads });
    const prepared = await talker.portrait(settings.portrait);
    await takeFirst(talker.animate(prepared, settings.speech));
    await talker.close();
  });
}

/** From animate() to the first frame, with talker and portrait ready. */
export async function firstFrame(settings) {
  const { talker, portrait: prepared } = await openPortrait(settings);
  const result = await measureCalls(settings, () => takeFirst(talker.animate(prepared, settings.speech)));
  await talker.close();
  return result;
}

async function takeFirst(clip) {
  for await (const { data } of clip.frames({ format: 'yuv420p' })) return data;
}
