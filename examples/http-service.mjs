// A service: a sound file goes in, and the video comes out while it is still being rendered (fragmented MP4). One talker and one
// portrait serve all requests; a client that goes away ends its clip.
//
//     node examples/http-service.mjs [portrait] [port]
//     curl --data-binary @examples/speech.wav localhost:8080/talk --output talk.mp4
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KdtalkerError, Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', port = '8080'] = process.argv.slice(2);
const LARGEST = 50e6;

const talker = await Talker.load();
const portrait = await talker.portrait(picture);
const { output, fps } = talker.pack;

/** Raw frames on stdin, the sound on a second pipe, an MP4 that can be played while it grows on stdout. */
function openEncoder(signal) {
  const shape = `-s ${output.width}x${output.height} -r ${fps}`;
  const frames = `-f rawvideo -pix_fmt yuv420p ${shape} -i pipe:0`.split(' ');
  const mp4 = '-preset veryfast -shortest -f mp4 -movflags frag_keyframe+empty_moov'.split(' ');
  return spawn(
    process.env.FFMPEG_PATH ?? 'ffmpeg',
    ['-loglevel', 'error', ...frames, '-i', 'pipe:3', ...mp4, 'pipe:1'],
    { stdio: ['pipe', 'pipe', 'inherit', 'pipe'], signal },
  );
}

async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > LARGEST) throw new KdtalkerError('SPEECH_UNREADABLE', `Expected at most ${LARGEST} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function talk(request, response) {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const speech = await readBody(request);
  const clip = talker.animate(portrait, speech, { signal: gone.signal });
  const frames = clip.frames({ format: 'yuv420p' });
  const first = await frames.next(); // bad sound shows here, before the answer begins
  const encoder = openEncoder(gone.signal);
  for (const end of [encoder, ...encoder.stdio]) end?.on('error', () => gone.abort());
  response.writeHead(200, { 'content-type': 'video/mp4' });
  async function* pixels() {
    if (!first.done) yield first.value.data;
    for await (const { data } of frames) yield data;
  }
  await Promise.all([
    pipeline(Readable.from([speech]), encoder.stdio[3]),
    pipeline(Readable.from(pixels(), { highWaterMark: 1 }), encoder.stdin),
    pipeline(encoder.stdout, response),
  ]);
}

const server = createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/talk') return void response.writeHead(404).end();
  talk(request, response).catch((error) => {
    if (response.headersSent) return void response.destroy();
    const wrong = error instanceof KdtalkerError;
    response.writeHead(wrong ? 400 : 500, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(wrong ? { code: error.code, message: error.message } : { code: 'UNEXPECTED' }),
    );
  });
});
server.listen(Number(port), () =>
  console.log(`POST a sound file to http://localhost:${server.address().port}/talk`),
);
