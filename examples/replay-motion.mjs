// Motion kept in a file, edited, and replayed: the same speech, with the head turning twice as far.
//
//     node examples/replay-motion.mjs [portrait] [speech] [motion.json] [out.mp4]
import { Motion, Talker } from 'kdtalker';

const [
  picture = 'examples/portrait.png',
  speech = 'examples/speech.wav',
  file = 'motion.json',
  out = 'turned.mp4',
] = process.argv.slice(2);

const talker = await Talker.load();
const portrait = await talker.portrait(picture);

const made = await talker.animate(portrait, speech).motion();
await made.save(file);

const motion = await Motion.load(file);
const frames = Array.from({ length: motion.frames }, (_, index) => motion.frame(index));
const middle = frames.reduce((sum, { yaw }) => sum + yaw, 0) / frames.length;
const turned = Motion.from(frames.map((frame) => ({ ...frame, yaw: middle + 2 * (frame.yaw - middle) })));

// The sound is given again, since a motion has none.
await talker.animate(portrait, turned).save(out, { sound: speech });
await talker.close();

console.log(`${file}: ${motion.frames} frames of motion; ${out}: the video`);
