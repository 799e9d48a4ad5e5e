// Tries what works and what fails without an ffmpeg.
import { writeFileSync } from 'node:fs';
import { Talker } from 'kdtalker';
import { portraitFile, speech, speechFile } from './speech.mjs';

const talker = await Talker.load();
const portrait = await talker.portrait(portraitFile);
const say = (name) => (error) => console.log(`${name}: ${error.code} ${error.message}`);
await talker.animate(portrait, speech(2)).save('talk.mp4').catch(say('mp4'));
writeFileSync('speech.mp3', 'ID3 anything');
await talker.animate(portrait, 'speech.mp3').motion().catch(say('mp3'));
const { frames } = await talker.animate(portrait, speech(2)).save('frames/');
const motion = await talker.animate(portrait, speechFile).motion();
console.log(`png: ${frames} frames from a WAV file of ${motion.frames}`);
await talker.close();
