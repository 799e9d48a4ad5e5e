import { defineCommand } from '../../command.js';
import { PREPARE_OPTIONS } from '../../evaluate/options.js';

export const command = defineCommand({
  summary: 'Make the clips on which methods are compared',
  usage: '--videos PATH --out DIR [options]',
  about: [
    'Takes the first seconds of each video at 25 frames a second, cuts every frame to the square around the face of the first one, and ' +
      'writes reference.png, speech.wav and real.mp4 for each, and bench.json with their hashes. A picture with a voice of the same name ' +
      'becomes a clip without a real video. Inputs that cannot be used are listed. The same command continues a stopped run.',
  ],
  options: PREPARE_OPTIONS,
  examples: [
    'kdtalker evaluate prepare --videos recordings --out bench',
    'kdtalker evaluate prepare --videos hdtf.txt --seconds 8 --crop kdtalker --out bench',
  ],
  async run(values, _operands, context) {
    const { prepare } = await import('../../evaluate/prepare.js');
    await prepare(values, context);
    return 0;
  },
});
