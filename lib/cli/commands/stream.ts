import { defineCommand } from '../command.js';
import { STREAM_OPTIONS } from '../stream/options.js';

export const command = defineCommand({
  summary: 'Make a talking video of speech while it is spoken',
  usage: 'PORTRAIT --out FILE [options]',
  about: [
    'Reads WAV or raw PCM from standard input, and writes each frame, with its part of the sound, as soon as the sound is there that it ' +
      'needs: 0.34 s after its beginning with the default options. PORTRAIT is a picture, or a portrait saved by animate --save-portrait.',
    'A file gets its name only when the speech has ended; Ctrl-C leaves no incomplete file. Exit codes: 0 done, 1 failed, 2 wrong command ' +
      'line, 130 stopped by Ctrl-C, 143 by SIGTERM.',
  ],
  writesVideo: true,
  operands: ['PORTRAIT'],
  options: STREAM_OPTIONS,
  examples: [
    'kdtalker stream face.jpg --speech speech.wav --out talk.mp4',
    'kdtalker stream face.jpg -o -',
    'kdtalker stream face.jpg --pace live -o -',
    'kdtalker stream face.jpg --sample-rate 24000 --hop 2 --out - --format webm',
  ],
  async run(values, [portrait], context) {
    const { stream } = await import('../stream/stream.js');
    await stream(values, portrait!, context);
    return 0;
  },
});
