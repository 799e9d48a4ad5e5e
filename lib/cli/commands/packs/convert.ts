import { defineCommand } from '../../command.js';
import { CONVERT_OPTIONS } from '../../packs/options.js';

export const command = defineCommand({
  summary: 'Make a pack of the released checkpoints of KDTalker',
  usage: '--kdtalker FILE --wav2lip FILE --liveportrait DIR --out DIR [options]',
  about: [
    'Reads .pth files in both of their containers, and .safetensors, with no Python; nothing in a file can run. Every name and shape is ' +
      'checked before anything is written, and what differs is listed. The folder has its name only once the pack is whole.',
    "Faces are found with InsightFace's networks where --insightface names them, otherwise with the built-in ones. LivePortrait's " +
      'landmark.onnx is taken along where it lies in its folder.',
    'The pack is for non-commercial use: KDTalker is CC BY-NC 4.0. docs/models.md says where the files are from.',
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
