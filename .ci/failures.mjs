// Reads the output of a failed step of .ci/run and prints which of its checks failed and what they said: tap's assertions, doctest's cases,
// reports of the sanitizers, or else the last lines. Some CI systems keep only the end of a log.
// usage: node .ci/failures.mjs <step> < output
import { readFileSync } from 'node:fs';

const MOST_FAILURES = 40;
const MOST_LINES = 40;

const [, , step] = process.argv;
const lines = readFileSync(0, 'utf8').trimEnd().split('\n');

const indentOf = (line) => line.length - line.trimStart().length;

/** The YAML block below a result, without its indentation. */
function diagnosticBelow(at) {
  const indent = indentOf(lines[at]) + 2;
  if (lines[at + 1]?.trimEnd() !== `${' '.repeat(indent)}---`) return [];
  const end = lines.indexOf(`${' '.repeat(indent)}...`, at + 1);
  return lines.slice(at + 2, end < 0 ? lines.length : end).map((line) => line.slice(indent));
}

/** tap's failed assertions, each with the file and the tests around it. A test that failed only through its assertions is not repeated. */
function tapFailures() {
  const found = [];
  /** The tests that are open, or were the last, at each depth: their names, and how many failures stood before them. */
  const tests = [];
  for (const [at, line] of lines.entries()) {
    const depth = indentOf(line) / 4;
    const begun = line.match(/^(?: {4})*# Subtest: (.*)$/)?.[1];
    if (begun !== undefined) tests[depth] = { name: begun, before: found.length };
    const name = line.match(/^(?: {4})*not ok \d+(?: - )?(.*?)(?: # time=.*)?$/)?.[1];
    if (name === undefined || / # (TODO|SKIP)\b/i.test(line)) continue;
    const repeats = tests[depth]?.name === name && tests[depth].before < found.length;
    const title = [...tests.slice(0, depth).map((test) => test.name), name].join(' > ');
    if (!repeats) found.push([title, ...diagnosticBelow(at)]);
  }
  return found;
}

/** doctest's failed assertions, each below its case. */
function doctestFailures() {
  const blocks = lines.join('\n').split(/^={40,}$/m);
  return blocks
    .filter((block) => / (FATAL )?ERROR: /.test(block) && /^TEST CASE:/m.test(block))
    .map(failedParts);
}

function failedParts(block) {
  const [head, ...parts] = block.trim().split(/\n{2,}/);
  const [place, ...names] = head.split('\n').filter((line) => !line.startsWith('TEST SUITE:'));
  const title = [place.replace(/:$/, ''), ...names.map((name) => name.replace('TEST CASE:', '').trim())].join(
    ' > ',
  );
  const failed = parts.filter((part) => / (FATAL )?ERROR: /.test(part));
  return [title, ...failed.flatMap((part) => part.split('\n'))];
}

/** The beginning of each report of a sanitizer. */
function sanitizerReports() {
  const starts = /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: /;
  return lines.flatMap((line, at) => (starts.test(line) ? [lines.slice(at, at + MOST_LINES)] : []));
}

function print([title, ...more]) {
  console.log(`\n${title}`);
  for (const line of more.slice(0, MOST_LINES)) console.log(`  ${line}`);
  if (more.length > MOST_LINES) console.log(`  (${more.length - MOST_LINES} more lines)`);
}

const named = [...tapFailures(), ...doctestFailures(), ...sanitizerReports()];
const failures = named.length > 0 ? named : [['the last lines:', ...lines.slice(-MOST_LINES)]];
console.log(`\n== failed: ${step}`);
for (const failure of failures.slice(0, MOST_FAILURES)) print(failure);
if (failures.length > MOST_FAILURES) console.log(`\n(${failures.length - MOST_FAILURES} more)`);
