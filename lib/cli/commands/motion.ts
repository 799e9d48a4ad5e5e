import { defineCommand } from '../command.js';
import { MOTION_OPTIONS } from '../motion/options.js';

export const command = defineCommand({
  summary: 'Read motion from a video, or make it from speech, and keep it',
  usage: '--video FILE --out FILE [options]',
  about: [
    'Writes how a head moves, frame by frame, as JSON: `animate --motion` repeats it. With --video it is what the pack sees in the ' +
      "video's pictures, and only --crop, --face, --box and the engine's options count; with --speech and --portrait it is what `animate` " +
      'would make, without rendering. The puppet pack sees no movement in videos.',
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
