/**
 * What many clips on one talker cost beside one: `node benchmarks/many-clips.js queue|loop [rounds]`, a line of JSON a round.
 *
 *     queue   clips begun at once, and one after the other: processor seconds, and the resident MiB that were added at most
 *     loop    eight readers that save clips, crops and whole pictures, some aborted, and one reader: how late JavaScript's thread is
 *
 * Both halves of a round are measured one after the other, in the other order in the next round, since other programs on the machine change
 * either alike.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { Talker } from '../dist/index.js';

const PORTRAIT = fileURLToPath(new URL('../examples/portrait.png', import.meta.url));
const RATE = 16_000;
const QUEUED = 20;
const READERS = 8;

const [what = 'queue', rounds = '3'] = process.argv.slice(2);
const talker = await Talker.load('puppet');
const portrait = await talker.portrait(PORTRAIT);
const folder = mkdtempSync(join(tmpdir(), 'kdtalker-many-'));

/** A tone that swells and fades, seconds long. */
function voice(seconds) {
  const tone = (i) => 0.4 * Math.sin(0.17 * i) * Math.sin(i / 1300);
  return { samples: Float32Array.from({ length: seconds * RATE }, (_, i) => tone(i)), sampleRate: RATE };
}

async function readClip(seed) {
  let frames = 0;
  for await (const _ of talker.animate(portrait, voice(1), { frame: 'crop', seed })) frames += 1;
  return frames;
}

const residentMiB = () =>
  Number(readFileSync('/proc/self/status', 'utf8').match(/^VmRSS:\s*(\d+) kB$/m)[1]) / 1024;

async function costOf(work) {
  const before = residentMiB();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB());
  }, 20);
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  clearInterval(timer);
  return { seconds: (user + system) / 1e6, MiB: most - before };
}

/** Measures two things, the second one first in odd rounds. */
async function inTurns(round, one, other) {
  if (round % 2 === 0) return [await one(), await other()];
  const second = await other();
  return [await one(), second];
}

async function queueRound(round) {
  const seeds = Array.from({ length: QUEUED }, (_, i) => i);
  const oneByOne = async () => {
    for (const seed of seeds) await readClip(seed);
  };
  const [single, queued] = await inTurns(
    round,
    () => costOf(oneByOne),
    () => costOf(() => Promise.all(seeds.map(readClip))),
  );
  return { single, queued, ratio: queued.seconds / single.seconds };
}

/** Saves a clip; some are aborted in the middle. */
async function saveClip(reader, turn) {
  const stop = new AbortController();
  const clip = talker.animate(portrait, voice(2), {
    frame: reader % 2 === 0 ? 'crop' : 'full',
    seed: turn,
    signal: stop.signal,
  });
  if (turn % 3 === 2) clip.on('progress', ({ frames }) => frames > 10 + reader && stop.abort());
  await clip.save(join(folder, `${reader}-${turn}.mp4`)).catch((error) => {
    if (error.code !== 'ABORTED') throw error;
  });
}

/** The delays of JavaScript's thread while so many readers save clips, in milliseconds. */
async function delayWith(readers) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const turns = Array.from({ length: 3 }, (_, i) => i);
  const read = async (reader) => {
    for (const turn of turns) await saveClip(reader, turn);
  };
  await Promise.all(Array.from({ length: readers }, (_, reader) => read(reader)));
  delay.disable();
  const of = (percent) => delay.percentile(percent) / 1e6;
  return { p50: of(50), p99: of(99), most: delay.max / 1e6 };
}

async function loopRound(round) {
  const [one, many] = await inTurns(
    round,
    () => delayWith(1),
    () => delayWith(READERS),
  );
  return { one, many, ratio: many.p99 / one.p99 };
}

const measure = what === 'queue' ? queueRound : loopRound;
await readClip(0);
for (let i = 0; i < Number(rounds); i++) console.log(JSON.stringify(await measure(i)));
await talker.close();
rmSync(folder, { recursive: true });
