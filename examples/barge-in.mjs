// An answer that is spoken while it arrives, and falls silent when the listener speaks up.
//
//     node examples/barge-in.mjs [portrait] [speech.wav, 16 kHz, mono, 16 bits] [frames until the interruption]
import { createReadStream } from 'node:fs';
import { Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', speech = 'examples/speech.wav', until = '20'] =
  process.argv.slice(2);
const WAV_HEADER = 44;

const talker = await Talker.load();
try {
  const portrait = await talker.portrait(picture);
  const stream = talker.stream(portrait, { sound: { rate: 16_000 }, format: 'yuv420p' });
  stream.on('started', (id) => console.log(`${id} begins`));

  // Elsewhere in a service: pieces come as a synthesis makes them, in any sizes.
  const pieces = () => createReadStream(speech, { start: WAV_HEADER, highWaterMark: 1001 });
  const speaking = (async () => {
    const first = await stream.say(pieces(), 'first answer');
    console.log(`${first.id}: ${first.played.toFixed(2)} s were heard, interrupted: ${first.interrupted}`);
    const second = await stream.say(pieces(), 'second answer');
    console.log(`${second.id}: ${second.played.toFixed(2)} s were heard, interrupted: ${second.interrupted}`);
    stream.end();
  })();

  let [frames, bytes] = [0, 0];
  for await (const { data, sound } of stream) {
    frames += 1;
    bytes += data.length + sound.length; // here they would be sent
    if (frames === Number(until)) await stream.interrupt();
  }
  await speaking;
  console.log(`${frames} frames, ${bytes} bytes`);
} finally {
  await talker.close();
}
