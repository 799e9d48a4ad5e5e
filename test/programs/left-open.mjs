// Ends by itself with everything left open: a clip in the middle of an iteration, one never begun, a saved one.
import { load } from './load.mjs';
import { portraitFile, speech } from './speech.mjs';

const talker = await load();
const portrait = await talker.portrait(portraitFile);
const frames = talker.animate(portrait, speech()).frames();
const { value } = await frames.next();
talker.animate(portrait, speech());
await talker.animate(portrait, speech(2)).save('talk.mp4');
console.log(`frame ${value.index}`);
