import { defineCommand } from '../command.js';
import { TRAIN_OPTIONS } from '../train/options.js';

export const command = defineCommand({
  summary: 'Train a denoiser on a dataset, and make a pack with it',
  usage: '--dataset DIR --out DIR [options]',
  about: [
    'Needs a Python with PyTorch, the one that KDTALKER_PYTHON names or python3. Ctrl-C saves a checkpoint and ends; the same command goes ' +
      'on from there, with the same bits as if it had never stopped. The curves are in chart.html in the folder of the run.',
    'docs/training.md has a recipe from a folder of videos to a pack.',
  ],
  options: TRAIN_OPTIONS,
  examples: [
    'kdtalker train --dataset anna --out runs/anna --from KDTalker.pth --peak 5e-5 --steps 20000',
    'kdtalker train --dataset vox --out runs/vox --gpus 4 --precision bf16',
    'kdtalker train --dataset vox --out runs/no-attention --attention none --window 32',
  ],
  async run(values, _operands, context) {
    const { train } = await import('../train/train.js');
    await train(values, context);
    return 0;
  },
});
