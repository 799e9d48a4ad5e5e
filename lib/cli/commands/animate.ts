import { ANIMATE_OPTIONS } from '../animate/options.js';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  summary: 'Make a talking video of a portrait and a speech',
  usage: '--portrait FILE --speech FILE --out FILE [options]',
  about: [
    'Needs --portrait or --source-video, and --speech or --motion. Without --out nothing is rendered: --save-motion then writes only the ' +
      'motion, and --save-portrait only the portrait, which needs no speech.',
    'A file gets its name only when it is complete; Ctrl-C leaves no incomplete file. Exit codes: 0 done, 1 failed, 2 wrong command ' +
      'line, 130 stopped by Ctrl-C, 143 by SIGTERM.',
  ],
  writesVideo: true,
  options: ANIMATE_OPTIONS,
  examples: [
    'kdtalker animate --portrait face.jpg --speech speech.wav --out talk.mp4',
    'kdtalker animate --portrait group.jpg --face 1 --speech talk.m4a --seed 7 --out talk.webm',
    'kdtalker animate --portrait face.jpg --speech - --out - --format webm',
    'kdtalker animate --portrait face.jpg --speech speech.wav --still --out frames/%05d.png',
    'kdtalker animate --portrait face.jpg --speech speech.wav --save-motion nod.json',
    'kdtalker animate --portrait other.jpg --motion nod.json --speech speech.wav --pose-offset -5,0,0 --out other.mp4',
  ],
  async run(values, _operands, context) {
    const { animate } = await import('../animate/animate.js');
    await animate(values, context);
    return 0;
  },
});
