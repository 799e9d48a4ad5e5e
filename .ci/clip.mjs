// Runs in the consumer's project of packed.mjs: makes a clip of two seconds with the installed package.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { Talker } from 'kdtalker';

/** The first two seconds of a 16-bit mono WAV file with the usual 44-byte header. */
function twoSeconds(file) {
  const bytes = readFileSync(file);
  const sampleRate = bytes.readUInt32LE(24);
  const samples = new Int16Array(
    bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + 44 + sampleRate * 4),
  );
  return { samples, sampleRate };
}

const talker = await Talker.load('puppet');
const portrait = await talker.portrait('portrait.png');
const clip = talker.animate(portrait, twoSeconds('speech.wav'), { seed: 7 });
const result = await clip.save('talk.mp4');
await talker.close();

assert.equal(result.frames, 50);
assert.ok(statSync('talk.mp4').size > 10_000, 'the video has content');
console.log(`${result.file}: ${result.frames} frames, ${result.seconds} s`);
