// Frames to an encoder of your own: here ffmpeg makes lossless H.264 of them. Frames are rendered as fast as the encoder takes
// them, and never more than a few ahead.
//
//     node examples/own-encoder.mjs [portrait] [speech] [out.mkv]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', speech = 'examples/speech.wav', out = 'talk.mkv'] =
  process.argv.slice(2);

async function* pixels(clip) {
  for await (const { data } of clip.frames({ format: 'yuv420p' })) yield data;
}

const talker = await Talker.load();
const { output, fps } = talker.pack;
const input = `-f rawvideo -pix_fmt yuv420p -s ${output.width}x${output.height} -r ${fps} -i pipe:0`.split(
  ' ',
);
const encode = '-c:v libx264 -qp 0 -c:a pcm_s16le -shortest'.split(' ');
const encoder = spawn(
  process.env.FFMPEG_PATH ?? 'ffmpeg',
  ['-loglevel', 'error', '-y', ...input, '-i', speech, ...encode, out],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
const ended = once(encoder, 'close');

const clip = talker.animate(await talker.portrait(picture), speech);
await pipeline(Readable.from(pixels(clip), { highWaterMark: 1 }), encoder.stdin);
await talker.close();

const [code] = await ended;
console.log(code === 0 ? out : `ffmpeg ended with exit code ${code}`);
process.exitCode = code;
