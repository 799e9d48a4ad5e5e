// Reads the output of tap or doctest and prints "<passed> <failed> <step>" for the tally of .ci/run,
// with how many were skipped; the names of native cases that were go to stderr.
// usage: node .ci/count.mjs <step> <exit status> < output
import { readFileSync } from 'node:fs';

const [, , step, status] = process.argv;
const output = readFileSync(0, 'utf8');

/** tap's last comment, such as `# { total: 12, pass: 10, fail: 1, skip: 1 }`; nested tests have their own, indented. */
function tapCounts() {
  const line = output.match(/^# \{ (.*) \}$/m)?.[1] ?? '';
  const number = (name) => Number(line.match(new RegExp(`\\b${name}: (\\d+)`))?.[1] ?? 0);
  return [number('pass'), number('fail'), number('skip')];
}

/**
 * The sum of doctest's summaries, one of each program, such as `[doctest] test cases: 12 | 11 passed | 1 failed | 0 skipped`. A case that
 * says SKIPPED has passed for doctest; what doctest calls skipped was not asked for.
 */
function doctestCounts() {
  const lines = output.match(/^\[doctest\] test cases:.*$/gm) ?? [];
  const numberOf = (line, name) => Number(line.match(new RegExp(`(\\d+) ${name}`))?.[1] ?? 0);
  const number = (name) => lines.reduce((sum, line) => sum + numberOf(line, name), 0);
  const skipped = skippedCases();
  for (const [name, why] of skipped) console.error(`skipped: ${name}: ${why}`);
  return [number('passed') - skipped.size, number('failed'), skipped.size];
}

/** The names of cases, each with its reason. */
function skippedCases() {
  const said = /^TEST CASE: +(.*)\n(?:(?!TEST CASE:).*\n)*?.*MESSAGE: SKIPPED: (.*)$/gm;
  return new Map(Array.from(output.matchAll(said), ([, name, why]) => [name, why]));
}

const counts = [tapCounts(), doctestCounts()];
const passed = counts.reduce((sum, [number]) => sum + number, 0);
const failed = counts.reduce((sum, [, number]) => sum + number, 0);
const skipped = counts.reduce((sum, [, , number]) => sum + number, 0);
// A run that failed without naming a failed check, or that checked nothing, is a failure too.
const unnamed = failed === 0 && (status !== '0' || passed === 0) ? 1 : 0;
console.log(`${passed} ${failed + unnamed} ${step}${skipped > 0 ? ` (${skipped} skipped)` : ''}`);
