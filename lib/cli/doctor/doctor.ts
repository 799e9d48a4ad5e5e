import { version } from '../../version.js';
import { COLUMNS, wrap } from '../layout.js';
import type { Paint, Reporter } from '../report/reporter.js';
import { type Check, type Finding, lookAt } from './check.js';
import { addon, devices, runtime } from './engine.js';
import { gpus, providers } from './gpus.js';
import { machine, node, temporaryFolder } from './machine.js';
import { ffmpeg, sharp } from './media.js';
import { faces, packs } from './packs.js';

/** Each check stands after the checks that it depends on. */
const CHECKS: readonly Check[] = [
  node,
  machine,
  addon,
  runtime,
  packs,
  faces,
  gpus,
  providers,
  ...devices,
  sharp,
  ffmpeg,
  temporaryFolder,
];

/** `kdtalker doctor`. Returns the exit code: 0 if a clip can be made. */
export async function doctor(reporter: Reporter, signal: AbortSignal): Promise<number> {
  const findings: Finding[] = [];
  // One after the other, because they share the machine.
  for (const check of CHECKS) findings.push(onlyOnce(await lookAt(check, signal), findings));
  const ready = findings.every(({ state }) => state !== 'missing');
  reporter.result((paint) => describe(findings, ready, paint), {
    version: version(),
    ready,
    checks: findings,
  });
  return ready ? 0 : 1;
}

/** Replaces a repeated reason by the name of the check that reported it first. */
function onlyOnce(finding: Finding, before: readonly Finding[]): Finding {
  const cause = before.find(({ state, found }) => state === 'missing' && found === finding.found);
  if (cause === undefined) return finding;
  return { name: finding.name, state: finding.state, found: `needs: ${cause.name}` };
}

const MARKS = { ok: ['good', 'ok'], note: ['warn', 'note'], missing: ['bad', 'MISSING'] } as const;
const MARK_WIDTH = 9;
const NAME_WIDTH = 16;

function describe(findings: readonly Finding[], ready: boolean, paint: Paint): string[] {
  const toDo = findings.filter(({ advice }) => advice !== undefined);
  return [
    `kdtalker ${version()}`,
    '',
    ...findings.flatMap((finding) => row(finding, paint)),
    ...(toDo.length > 0
      ? ['', 'What to do:', ...toDo.flatMap(({ name, advice }) => bullet(`${name}: ${advice}`))]
      : []),
    '',
    ready
      ? paint('good', 'A clip can be made.')
      : paint('bad', 'No clip can be made before what is MISSING is there.'),
  ];
}

function row({ name, state, found }: Finding, paint: Paint): string[] {
  const [tone, mark] = MARKS[state];
  const lines = wrap(found, COLUMNS - MARK_WIDTH - NAME_WIDTH);
  return lines.map((line, index) => {
    if (index > 0) return ' '.repeat(MARK_WIDTH + NAME_WIDTH) + line;
    return paint(tone, mark) + ' '.repeat(MARK_WIDTH - mark.length) + name.padEnd(NAME_WIDTH) + line;
  });
}

function bullet(text: string): string[] {
  return wrap(text, COLUMNS - 4).map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`));
}
