// Processor time of a frame, of packs in turn: in-turn.js PICTURE SPEECH PACK[:crop|full] ... After a round that does not count, each shows 60 frames
// of motion a round, for eight rounds on one thread, so that other load on the machine meets all of them.
import { Talker } from '../dist/index.js';

const ROUNDS = 8;
const FRAMES = 60;
const [picture, speech, ...wanted] = process.argv.slice(2);

async function open(name) {
  const [, pack, frame = 'crop'] = /^(.*?)(?::(crop|full))?$/.exec(name);
  const talker = await Talker.load(pack, { device: 'cpu', threads: 1 });
  const portrait = await talker.portrait(picture);
  const motion = (await talker.animate(portrait, speech, { seed: 1 }).motion()).slice(0, FRAMES);
  return { name, talker, clip: talker.animate(portrait, motion, { frame }), times: [] };
}

async function round({ clip }) {
  const before = process.cpuUsage();
  let frames = 0;
  for await (const { index } of clip) frames = index + 1;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / frames;
}

const packs = [];
for (const name of wanted) packs.push(await open(name));
for (let i = 0; i <= ROUNDS; i++) {
  for (const pack of packs) {
    const time = await round(pack);
    if (i > 0) pack.times.push(time);
  }
}
for (const { name, talker, times } of packs) {
  times.sort((a, b) => a - b);
  console.log(`${name}: ${times[0].toFixed(2)} ms, median ${times[ROUNDS / 2].toFixed(2)}`);
  await talker.close();
}
