import { defineCommand } from '../command.js';
import { TRACE_OPTIONS } from '../trace/options.js';

export const command = defineCommand({
  summary: 'Write the tensors of every stage, for comparison with another program',
  usage: '--portrait FILE --speech FILE --out FILE [options]',
  about: [
    'The tensors are float32 and have the names in docs/trace.md; tensors that the pack does not have are left out. --frames also writes ' +
      'the tensors of these frames.',
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
