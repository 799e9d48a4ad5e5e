// A face on a microphone: sound comes in real time, a frame leaves every 40 ms, also while nobody speaks.
//
//     node examples/microphone.mjs [portrait] [speech.wav, 16 kHz, mono, 16 bits] [frames]
import { createReadStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', speech = 'examples/speech.wav', frames = '250'] =
  process.argv.slice(2);
const WAV_HEADER = 44;
const RATE = 16_000;

/** In place of a microphone: pieces of 20 ms, each when it was spoken. */
async function* microphone() {
  const bytes = (RATE / 50) * 2;
  const begun = performance.now();
  let pieces = 0;
  for await (const piece of createReadStream(speech, { start: WAV_HEADER, highWaterMark: bytes })) {
    await wait(Math.max(0, begun + 20 * ++pieces - performance.now()));
    yield piece;
  }
}

const talker = await Talker.load();
try {
  const portrait = await talker.portrait(picture);
  const stream = talker.stream(portrait, { sound: { rate: RATE }, pace: 'live', format: 'yuv420p' });
  console.log(`a word is seen and heard ${stream.delay.total} ms after it was spoken`);
  let late = 0;
  stream.on('late', () => late++);

  const listening = (async () => {
    for await (const piece of microphone()) await stream.write(piece);
  })();
  listening.catch(() => {}); // the stream was closed before the microphone was

  let [count, spoken] = [0, 0];
  for await (const { data, sound, speaking } of stream) {
    count += 1;
    spoken += speaking ? 1 : 0;
    if (data.length + sound.length > 0 && count === Number(frames)) break; // here both would be sent
  }
  console.log(`${count} frames, ${spoken} of them with sound; ${late} were late`);
} finally {
  await talker.close();
}
