// `kdtalker bench --device cuda:0`: what a GPU does in a clip, stage by stage, in each precision, with CUDA graphs and without.
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPack } from '../../dist/index.js';
import { describeMachine, machineLines } from '../machine.js';
import { findPacks } from '../packs.js';
import { contendersOnGpu } from './contenders.js';
import { providersOf } from './engines.js';
import { floorOf } from './floor.js';
import { gpuOf } from './gpu.js';
import { framesOnProcessor, measureClips } from './measure.js';
import { contenderLines, rowLines } from './report.js';

const example = (name) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const PRECISIONS = ['fp32', 'fp16'];
const waysOf = (engine) =>
  [true, false].flatMap((graphs) => PRECISIONS.map((precision) => ({ ...engine, precision, graphs })));

/**
 * One run.
 *
 * @param given device, workloads ('puppet', 'full'), rounds, quick, pack, portrait, speech
 * @param out as in ../bench.js
 * @returns {format, machine, gpu, rows, contenders, failed}: contenders are other programs; failed if frames differ from the processor's by more than their precision explains
 */
export async function benchOnGpu(given, out) {
  const options = defaults(given);
  const report = { format: 1, machine: await describeMachine(), gpu: await gpuOf(options.device), rows: [] };
  report.contenders = [];
  out.print([...machineLines(report.machine), `${options.device}: ${report.gpu.text}`]);
  const packs = await findPacks(options.workloads, { ...options, signal: out.signal }, out.progress);
  const { found, refused } = await providersOf(options.device);
  if (refused.length > 0) out.print(refused.map(({ name, why }) => `${name} is left out: ${why}`));
  const ways = [{ engine: 'plan' }, ...found].flatMap(waysOf);
  for (const [word, { pack, checkpoints }] of Object.entries(packs)) {
    if (!options.workloads.includes(word)) continue;
    const directory = (await readPack(pack)).directory;
    await inPack(word, pack, report, { ...options, ways }, out);
    out.progress(`${word} in other programs`);
    const device = process.env.KDTALKER_BENCH_OTHERS || options.device;
    const given = { pack: directory, checkpoints, device, frames: options.frames };
    const rows = await contendersOnGpu({ ...given, signal: out.signal });
    report.contenders.push(...rows.map((row) => ({ pack: word, ...row })));
    out.print(contenderLines(rows));
  }
  report.failed = report.rows.some(({ passed }) => !passed);
  return report;
}

function defaults({ workloads = ['puppet', 'full'], quick = false, rounds, portrait, speech, ...given }) {
  return {
    ...given,
    workloads,
    frames: quick ? 10 : 250,
    rounds: rounds ?? (quick ? 1 : 3),
    portrait: path.resolve(portrait ?? example('portrait.png')),
    speech: path.resolve(speech ?? example('speech.wav')),
    folder: tmpdir(),
  };
}

async function inPack(word, pack, report, options, { print, progress, signal, keep }) {
  const made = [];
  progress(`${word} on the processor, for comparison`);
  const expected = await framesOnProcessor(pack, { ...options, signal });
  const floors = {};
  for (const precision of PRECISIONS) floors[precision] = await floorOf(pack, precision, report.gpu, signal);
  for (const way of options.ways) {
    progress(`${word} in ${way.precision}, engine ${way.engine}, ${way.graphs ? 'with' : 'without'} graphs`);
    const row = await measureClips({ pack, ...options, ...way, expected, signal });
    made.push({ pack: word, ...way, ...row, floor: floors[way.precision] });
    report.rows.push(made.at(-1));
    await keep?.(report);
  }
  print([`pack ${word}`, ...rowLines(made)]);
}
