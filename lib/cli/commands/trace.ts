import { defineCommand } from '../command.js';
import { TRACE_OPTIONS } from '../trace/options.js';

export const command = defineCommand({
  summary: "Write every stage's tensors, to compare with another program's",
  usage: '--portrait FILE --speech FILE --out FILE [options]',
  about: [
    'The tensors are float32 and whole, under the names of docs/trace.md; what a pack does not give is left out. Frames are rendered one ' +
      'by one, with what lies between the networks.',
  ],
  options: TRACE_OPTIONS,
  examples: [
    'kdtalker trace --portrait face.png --crop none --speech speech.wav --frames 0,70 --out trace.safetensors',
    'kdtalker trace --pack DIR --portrait face.png --crop none --speech speech.wav --noise noise.safetensors --out trace.safetensors',
  ],
  async run(values, _operands, context) {
    const { trace } = await import('../trace/trace.js');
    await trace(values, context);
    return 0;
  },
});
