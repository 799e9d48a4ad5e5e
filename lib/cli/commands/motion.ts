import { defineCommand } from '../command.js';
import { MOTION_OPTIONS } from '../motion/options.js';

export const command = defineCommand({
  summary: 'Read motion from a video, or make it from speech, and save it',
  usage: '--video FILE --out FILE [options]',
  about: [
    'Writes the motion of every frame as JSON, which `animate --motion` repeats. With --video, the pack reads the motion from the ' +
      "pictures, and of the options below only --crop, --face, --box, --video-track, --max-seconds and the engine's apply. With --speech and " +
      '--portrait, it is the motion that `animate` makes, without rendering. The puppet pack recognises no movement in videos.',
  ],
  options: MOTION_OPTIONS,
  examples: [
    'kdtalker motion --pack DIR --video driver.mp4 --out nod.json',
    'kdtalker motion --portrait face.jpg --speech speech.wav --seed 7 --out talk.json',
    'kdtalker motion --pack DIR --video group.mp4 --face 1 --out second.json',
  ],
  async run(values, _operands, context) {
    const { motion } = await import('../motion/motion.js');
    await motion(values, context);
    return 0;
  },
});
