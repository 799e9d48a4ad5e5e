// Progress, a time limit, and telling errors apart by their code.
//
//     node examples/progress.mjs [portrait] [speech] [out.mp4] [seconds allowed]
import { KdtalkerError, Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', speech = 'examples/speech.wav', out = 'talk.mp4', limit = '60'] =
  process.argv.slice(2);
const signal = AbortSignal.timeout(1000 * Number(limit));

const talker = await Talker.load();
try {
  const portrait = await talker.portrait(picture, { signal });
  const clip = talker.animate(portrait, speech, { signal });
  clip.on('progress', ({ stage, done, total }) => {
    if (stage === 'encode' && done % 25 === 0) console.log(`${done} of ${total} frames`);
  });
  await clip.save(out);
} catch (error) {
  if (!(error instanceof KdtalkerError)) throw error;
  const advice = {
    NO_FACE: 'Show me a face.',
    ABORTED: `It took longer than ${limit} s; nothing was left behind.`,
  };
  console.error(advice[error.code] ?? error.message);
  process.exitCode = 1;
} finally {
  await talker.close();
}
