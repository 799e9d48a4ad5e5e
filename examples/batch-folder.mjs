// Every recording of a folder becomes a video, on one talker: the engine is loaded and the portrait prepared once.
//
//     node examples/batch-folder.mjs [portrait] [folder of recordings] [folder of videos]
import { mkdir, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { KdtalkerError, Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', recordings = 'examples', videos = 'videos'] = process.argv.slice(2);

const names = (await readdir(recordings)).filter((name) => /\.(wav|mp3|m4a|flac|ogg)$/i.test(name)).sort();
await mkdir(videos, { recursive: true });
const talker = await Talker.load();
let failed = 0;
try {
  const portrait = await talker.portrait(picture);
  const make = async (name) => {
    const clip = talker.animate(portrait, join(recordings, name));
    try {
      const { frames, file } = await clip.save(join(videos, `${parse(name).name}.mp4`));
      console.log(`${file}: ${frames} frames`);
    } catch (error) {
      if (!(error instanceof KdtalkerError)) throw error;
      failed += 1;
      console.log(`${name}: ${error.code}: ${error.message}`); // the others are made nevertheless
    } finally {
      await clip.close();
    }
  };
  // Two at a time: one renders while the other one's encoder finishes.
  const queue = names.values();
  const worker = async () => {
    for (const name of queue) await make(name);
  };
  await Promise.all([worker(), worker()]);
} finally {
  await talker.close();
}
process.exitCode = failed > 0 ? 1 : 0;
