// `kdtalker bench --workloads joins,live`: what streams look like beside clips, and what they cost.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Talker } from '../../dist/index.js';
import { describeMachine, machineLines } from '../machine.js';
import { measureJoins, samplesOf } from './joins.js';
import { measureCost, measureFirst, measureLateness, streamsTaken } from './live.js';
import { costLines, joinLines } from './report.js';

const example = (name) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
/** Settings of the join table. */
const REACHES = [
  { hop: 4, ahead: 2 },
  { hop: 4, ahead: 2, replan: 8 },
  { hop: 4, ahead: 2, replan: 64 },
  { hop: 4, ahead: 0 },
  { hop: 4, ahead: 1 },
  { hop: 1, ahead: 2 },
  { hop: 8, ahead: 4 },
];

/**
 * One run.
 *
 * @param given workloads ('joins', 'live'), quick, seeds (of joins), pack (of the talker), portrait, speech
 * @param out as in ../bench.js
 * @returns {format, machine, joins, live}
 */
export async function benchStreams(given, { print, progress, signal }) {
  const { workloads, quick = false, seeds = quick ? 4 : 8, pack = 'puppet' } = given;
  const portraitFile = path.resolve(given.portrait ?? example('portrait.png'));
  const speech = path.resolve(given.speech ?? example('speech.wav'));
  const report = { format: 1, machine: await describeMachine() };
  print(machineLines(report.machine));
  const talker = await Talker.load(pack, { signal });
  try {
    const portrait = await talker.portrait(portraitFile, { signal });
    const all = { talker, portrait, picture: portraitFile, speech, quick, progress, signal };
    if (workloads.includes('joins')) report.joins = await joins({ ...all, seeds });
    if (report.joins) print(joinLines(report.joins));
    if (workloads.includes('live')) report.live = await live(all);
    if (report.live) print(costLines(report.live));
    return report;
  } finally {
    await talker.close();
  }
}

async function joins({ speech, quick, seeds, progress, signal, ...both }) {
  const rows = [];
  for (const reach of quick ? REACHES.slice(0, 1) : REACHES) {
    signal?.throwIfAborted();
    progress(`joins with hop ${reach.hop}, ahead ${reach.ahead}`);
    rows.push(await measureJoins({ ...both, files: [speech], seeds, ...reach }));
  }
  return rows;
}

async function live({ talker, portrait, speech, quick, progress, signal }) {
  const samples = await samplesOf(speech);
  const frames = quick ? 50 : 250;
  progress('processor time of a frame');
  const crop = await measureCost(talker, portrait, samples, { frames, frame: 'crop' });
  const full = await measureCost(talker, portrait, samples, { frames });
  signal?.throwIfAborted();
  progress('first frame');
  const first = await measureFirst(talker, portrait, samples, { times: quick ? 3 : 15 });
  const held = await streamsTaken(talker, portrait);
  const lateness = [];
  for (const streams of quick ? [1] : [...new Set([1, 2, Math.max(1, held)])]) {
    signal?.throwIfAborted();
    progress(`${streams} live streams`);
    lateness.push(await measureLateness(talker, portrait, samples, { streams, frames }));
  }
  return { crop, full, first, held, lateness };
}
