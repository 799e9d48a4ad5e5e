import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseWorkloads } from './workloads.js';

const example = (name) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

export const usage = `Usage: npm run bench -- [options]

  --quick            few repetitions: seconds instead of minutes, and rougher numbers
  --only NAME        workloads whose name contains NAME: load, portrait, first-frame, render, save, sample, motion, event-loop
  --threads LIST     thread counts to compare contenders at. Default: 1 and the cores of the machine (--quick: the cores)
  --rounds N         fresh processes per contender and workload. Default 5 (--quick: 1)
  --json FILE        writes machine, versions, every row and the ratios
  --memory[=full]    instead of speed: resident memory of a 30-minute speech against a 30-second one; full: all frames are rendered
  --pack NAME        a built-in pack or a folder. Default puppet
  --portrait FILE    default examples/portrait.png
  --speech FILE      default examples/speech.wav
  --help`;

const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  threads: { type: 'string' },
  rounds: { type: 'string' },
  json: { type: 'string' },
  memory: { type: 'string' },
  pack: { type: 'string', default: 'puppet' },
  portrait: { type: 'string', default: example('portrait.png') },
  speech: { type: 'string', default: example('speech.wav') },
  help: { type: 'boolean', default: false },
};

/** What the user asked for. Throws an error with `usage: true` for what cannot be understood. */
export function parseArguments(argv) {
  const values = parse(argv.map((word) => (word === '--memory' ? '--memory=part' : word)));
  const threads = threadsOf(values);
  const rounds = values.rounds === undefined ? (values.quick ? 1 : 5) : count(values.rounds, '--rounds');
  if (values.memory !== undefined) oneOf(values.memory, ['part', 'full'], '--memory');
  chooseWorkloads(values); // tell a wrong name now
  return { ...values, threads, rounds };
}

function threadsOf({ threads, quick }) {
  if (threads !== undefined) return threads.split(',').map((word) => count(word, '--threads'));
  const cores = availableParallelism();
  return quick || cores === 1 ? [cores] : [1, cores];
}

function parse(args) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw badUsage(error.message);
  }
}

function count(word, option) {
  const value = Number(word);
  if (Number.isInteger(value) && value > 0) return value;
  throw badUsage(`Expected a whole number above 0 for ${option} but received '${word}'`);
}

function oneOf(word, words, option) {
  if (words.includes(word)) return;
  throw badUsage(`Expected ${words.join(' or ')} for ${option} but received '${word}'`);
}

function badUsage(message) {
  return Object.assign(new Error(message), { usage: true });
}
