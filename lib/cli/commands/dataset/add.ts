import { defineCommand } from '../../command.js';
import { ADD_OPTIONS } from '../../dataset/options.js';

export const command = defineCommand({
  summary: 'Add videos of speaking faces to a new or existing dataset',
  usage: '--pack NAME --videos DIR --out DIR [options]',
  about: [
    'A clip is what the pack sees and hears in a video: the motion of each frame and the features of its sound. Videos without sound, with a ' +
      'frame without a face, with several faces, or too short are left out and counted.',
    'Every clip is saved as soon as it is read, so the same command continues after a stop. Videos in the dataset are not read again.',
    "A speaker is VoxCeleb's name before '#', else the first folder below DIR, else the file. No speaker is in both splits.",
  ],
  options: ADD_OPTIONS,
  examples: [
    'kdtalker dataset add --pack packs/kdtalker --videos anna/ --out datasets/anna',
    'kdtalker dataset add --pack packs/kdtalker --videos vox/ --crop none --val-speakers ^id1027 --out datasets/vox',
  ],
  async run(values, _operands, context) {
    const { add } = await import('../../dataset/add.js');
    await add(values, context);
    return 0;
  },
});
