import path from 'node:path';
import { inChild } from './children.js';
import { CONTENDERS } from './contenders/index.js';
import { readSpeech, SPEECH_RATE } from './fixture-files.js';
import { short, tableLines } from './table.js';
import { writeWav } from './wav.js';

/** The most MiB by which the long speech may exceed the short one. */
const ALLOWED = 100;
/** Frames taken of each clip unless all are: past the first windows, when memory use is constant. */
const FRAMES = { part: 500, quick: 30 };
const SECONDS = { short: 30, long: 1800 };

/**
 * Peak resident memory of a short and of a long speech, each in its own process.
 *
 * @returns {rows: {seconds, frames, fps, peakMiB, first: {seconds, peakMiB}}[], difference, allowed, passed}, sizes in MiB
 */
export async function measureMemory(settings) {
  const samples = await readSpeech(settings);
  const some = settings.quick ? FRAMES.quick : FRAMES.part;
  const frames = settings.allFrames ? undefined : some;
  const rows = [];
  for (const seconds of [SECONDS.short, SECONDS.long]) {
    const speech = path.join(settings.folder, `${seconds}s.wav`);
    await writeWav(speech, samples, seconds * SPEECH_RATE);
    const threads = Math.max(...settings.threads);
    rows.push({
      seconds,
      ...(await inChild(CONTENDERS[0], 'memory', { ...settings, threads, speech, take: frames })),
    });
  }
  const difference = rows[1].peakMiB - rows[0].peakMiB;
  return { rows, difference, allowed: ALLOWED, passed: difference <= ALLOWED };
}

const TITLES = ['speech', 'frames taken', 'per second', 'first frame s', 'MiB at first frame', 'peak MiB'];
const COLUMNS = TITLES.map((title) => ({ title, align: 'right' }));

/** Table and difference. */
export function memoryLines({ rows, difference, allowed, passed }) {
  const cells = rows.map(({ seconds, frames, fps, peakMiB, first }) => [
    `${seconds} s`,
    String(frames),
    short(fps),
    first.seconds.toFixed(2),
    first.peakMiB.toFixed(0),
    peakMiB.toFixed(0),
  ]);
  const verdict = passed ? 'within' : 'MORE than';
  return [
    ...tableLines(COLUMNS, cells),
    '',
    `${difference.toFixed(0)} MiB more, ${verdict} the ${allowed} MiB allowed`,
  ];
}
