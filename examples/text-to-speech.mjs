// Sentences of a text-to-speech program are spoken one after the other while it makes them: 24 kHz, in pieces of any sizes.
//
//     node examples/text-to-speech.mjs [portrait] [speech.wav, 16 kHz, mono, 16 bits]
import { readFile } from 'node:fs/promises';
import { Talker } from 'kdtalker';

const [picture = 'examples/portrait.png', speech = 'examples/speech.wav'] = process.argv.slice(2);
const WAV_HEADER = 44;
const RATE = 24_000;

/** In place of a synthesis: a part of the recording, at 24 kHz, in pieces as a network would deliver them. */
async function* synthesise(part, parts) {
  const bytes = await readFile(speech);
  const samples = new Int16Array(
    bytes.buffer.slice(bytes.byteOffset + WAV_HEADER, bytes.byteOffset + (bytes.length & ~1)),
  );
  const length = Math.floor(samples.length / parts);
  const own = samples.subarray(part * length, (part + 1) * length);
  const faster = Int16Array.from({ length: Math.floor((own.length * 3) / 2) }, (_, i) => {
    const at = (i * 2) / 3;
    const [left, right] = [own[Math.floor(at)], own[Math.ceil(at)] ?? 0];
    return left + (right - left) * (at % 1);
  });
  const pcm = new Uint8Array(faster.buffer);
  for (let at = 0, size = 701; at < pcm.length; at += size, size = ((size * 31) % 4001) + 1)
    yield pcm.subarray(at, at + size);
}

const talker = await Talker.load();
try {
  const portrait = await talker.portrait(picture);
  const stream = talker.stream(portrait, { sound: { rate: RATE }, format: 'yuv420p' });
  const speaking = (async () => {
    for (const [part, name] of ['first', 'second'].entries()) {
      const { id, played } = await stream.say(synthesise(part, 2), `${name} sentence`);
      console.log(`${id}: ${played.toFixed(2)} s`);
    }
    stream.end();
  })();

  let [frames, bytes] = [0, 0];
  for await (const { sound } of stream) {
    frames += 1;
    bytes += sound.length; // here frame and sound would be sent
  }
  await speaking;
  console.log(`${frames} frames with ${bytes / 2} samples`);
} finally {
  await talker.close();
}
