import { defineCommand } from '../../command.js';
import { CONVERT_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Make a pack from the released checkpoints of KDTalker',
  usage: '--kdtalker FILE --wav2lip FILE --liveportrait DIR --out DIR [options]',
  about: [
    'Reads .pth files (zip and legacy) and .safetensors without Python; code in a file never runs. Every name and shape is checked before ' +
      'anything is written, and all differences are listed. The folder gets its name only when the pack is complete.',
    "The pack finds faces with InsightFace's networks if --insightface names them, otherwise with the built-in ones. LivePortrait's " +
      'landmark.onnx is used if it is in the folder.',
    'The pack is for non-commercial use: KDTalker is CC BY-NC 4.0. docs/models.md says where to get the files.',
  ],
  options: CONVERT_OPTIONS,
  examples: [
    'kdtalker packs convert --kdtalker ckpts/KDTalker.pth --wav2lip ckpts/wav2lip.pth --liveportrait pretrained_weights/liveportrait --out packs/kdtalker',
    'kdtalker packs convert --kdtalker KDTalker.pth --wav2lip wav2lip.pth --liveportrait liveportrait --insightface insightface --out packs/kdtalker',
  ],
  async run(values, _operands, context) {
    const { convert } = await import('../../packs/make.js');
    await convert(values, context);
    return 0;
  },
});
