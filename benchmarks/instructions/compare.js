/**
 * The instructions that the processor's path executes, of two checkouts: `node benchmarks/instructions/compare.js BEFORE AFTER [PACK] [KIND=LAPS ...]`.
 *
 * Both are built (`npm run build`). PACK is a folder, read by both; without one it is the built-in pack of BEFORE. Kinds are portrait, step (of the
 * sampling of a window) and frame. Prints a table of what a lap costs, and whether both made the same bytes. The exit code is 1 if a lap
 * of AFTER has over 1 % more instructions, in the addon and ONNX Runtime together. What Node executes differs from run to run, also in libc,
 * which is its own, too.
 */
import path from 'node:path';
import { tableLines } from '../table.js';
import { lapsOf } from './callgrind.js';

const MOST = 1.01;
const KINDS = { portrait: 2, step: 20, frame: 10 };

const given = process.argv.slice(2);
const [before, after, pack] = given.filter((each) => !each.includes('=')).map((each) => path.resolve(each));
if (!after) throw new Error('Expected two checkouts: compare.js BEFORE AFTER [PACK] [KIND=LAPS ...]');
const wanted = given.filter((each) => each.includes('=')).map((each) => each.split('='));
const kinds =
  wanted.length > 0 ? Object.fromEntries(wanted.map(([kind, laps]) => [kind, Number(laps)])) : KINDS;

const engineOf = ({ parts }) => parts.addon + parts['ONNX Runtime'];
const millions = (count) => (count / 1e6).toFixed(2);

function rowsOf(kind, old, now) {
  const ratio = engineOf(now) / engineOf(old);
  if (ratio > MOST) process.exitCode = 1;
  const row = (side, lap) => [kind, side, ...[...Object.values(lap.parts), engineOf(lap)].map(millions)];
  const same = old.hash === now.hash ? 'after, the same bytes' : 'after, other bytes';
  return [
    [...row('before', old), ''],
    [...row(old.hash === null ? 'after' : same, now), ratio.toFixed(4)],
  ];
}

const read = pack ?? path.join(before, 'dist/built-in/puppet');
const [old, now] = await Promise.all([before, after].map((checkout) => lapsOf(checkout, read, kinds)));
const rows = Object.keys(kinds).flatMap((kind) => rowsOf(kind, old[kind], now[kind]));
const titles = ['a lap', 'of', ...Object.keys(old[Object.keys(kinds)[0]].parts), 'engine', 'ratio'];
const columns = titles.map((title, at) => ({ title, align: at < 2 ? 'left' : 'right' }));
console.log(['millions of instructions', ...tableLines(columns, rows)].join('\n'));
