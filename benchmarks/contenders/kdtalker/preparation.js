import { tmpdir } from 'node:os';
import { TemporaryPath } from '../../../dist/files/temporary-path.js';
import { measureCalls } from '../../measure.js';
import { CROPS, loadTalker, openPortrait } from './open.js';

/** From the pack on disk to a talker that is ready. */
export async function load(settings) {
  return measureCalls(settings, async () => {
    const talker = await loadTalker(settings);
    await talker.close();
  });
}

/** The same without any lowered pack: the cache is an empty folder. */
export async function loadCold(settings) {
  const cache = await TemporaryPath.makeFolder(tmpdir(), 'bench-cache');
  process.env.KDTALKER_CACHE = cache.path;
  return load(settings);
}

/** From the picture file to a portrait: decoding, face, landmarks, crop, networks. The face networks are already open. */
export async function portrait(settings) {
  const talker = await loadTalker(settings);
  const result = await measureCalls(settings, async () => {
    const prepared = await talker.portrait(settings.portrait);
    await prepared.close();
  });
  await talker.close();
  return result;
}

/** From the loaded JavaScript alone to the first frame of a talking picture. */
export async function firstFrameCold(settings) {
  return measureCalls(settings, async () => {
    const talker = await loadTalker(settings);
    const prepared = await talker.portrait(settings.portrait);
    await takeFirst(talker.animate(prepared, settings.speech, CROPS));
    await talker.close();
  });
}

/** From animate() to the first frame, with talker and portrait ready. */
export async function firstFrame(settings) {
  const { talker, portrait: prepared } = await openPortrait(settings);
  const result = await measureCalls(settings, () =>
    takeFirst(talker.animate(prepared, settings.speech, CROPS)),
  );
  await talker.close();
  return result;
}

async function takeFirst(clip) {
  for await (const { data } of clip.frames({ format: 'yuv420p' })) return data;
}
