// A portrait and a speech to a video.
//
//     node examples/quick-start.mjs [portrait] [speech] [out.mp4]
import { Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', speech = 'examples/speech.wav', out = 'talk.mp4'] =
  process.argv.slice(2);

const talker = await Talker.load('puppet', { device: 'auto' });
const portrait = await talker.portrait(picture);
const clip = talker.animate(portrait, speech, { seed: 7 });
const { frames, seconds, fps } = await clip.save(out);
await talker.close();

console.log(`${out}: ${frames} frames, ${seconds} s, made at ${fps.toFixed(1)} frames per second`);
