#!/usr/bin/env node
// `npm run bench`: verifies that the contenders do the same work, measures them, prints one table.
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArguments, usage } from './arguments.js';
import { inChild } from './children.js';
import { goalsOf } from './goals.js';
import { describeMachine, machineLines } from './machine.js';
import { measureAll } from './measure-all.js';
import { measureMemory, memoryLines } from './memory.js';
import { ratiosOf, resultLines } from './report.js';
import { verificationLines, verify } from './verify.js';

const print = (lines) => console.log(`${lines.join('\n')}\n`);

function bench(options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kdtalker-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  return benchIn(folder, options);
}

async function benchIn(folder, options) {
  const fixture = await inChild('kdtalker', 'fixture', { ...options, folder });
  const settings = { ...options, ...fixture, folder };
  const machine = await describeMachine(fixture.runtime);
  print(machineLines(machine, settings));

  const verification = await verify(settings);
  print(verificationLines(verification));
  if (!verification.every(({ passed }) => passed)) return { machine, verification, failed: true };

  const report = { format: 1, machine, settings: publicSettings(options), verification };
  if (options.memory) {
    report.memory = await measureMemory(settings);
    print(memoryLines(report.memory));
    return report;
  }
  report.rows = await measureAll(settings, progress);
  report.ratios = ratiosOf(report.rows);
  report.goals = options.pack === 'puppet' ? goalsOf(report.rows) : [];
  print(resultLines(report));
  return report;
}

function publicSettings({ pack, threads, rounds, only, quick }) {
  return { pack, threads, rounds, only, quick };
}

/** One line that is overwritten, on a terminal only. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

try {
  const options = parseArguments(process.argv.slice(2));
  if (options.help) {
    print([usage]);
  } else {
    const report = await bench(options);
    if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = report.failed ? 1 : 0;
  }
} catch (error) {
  console.error(error.usage ? `${error.message}\n\n${usage}` : error);
  process.exitCode = error.usage ? 2 : 1;
}
