import { KdtalkerError } from '../../errors.js';
import { addJudges } from '../../packs/judges/add.js';
import { type ListedJudge, type ListedJudges, readJudges } from '../../packs/judges/list.js';
import { JUDGE_NAMES, type JudgeName } from '../../packs/judges/names.js';
import { type JudgeFile, pullJudges } from '../../packs/judges/pull.js';
import { JUDGES } from '../../packs/judges/registry.js';
import { verifyJudges } from '../../packs/judges/verify.js';
import type { Context } from '../command.js';
import { askForConsent, requireTerminal } from '../consent.js';
import { bytes, COLUMNS, definitions, table, wrap } from '../layout.js';
import { needed } from '../packs/options.js';
import type { Paint, Reporter } from '../report/reporter.js';
import type { JudgesValues } from './options.js';

/** `kdtalker evaluate judges`. @throws as `addJudges()`, `pullJudges()` and `verifyJudges()` */
export async function judges(values: JudgesValues, context: Context): Promise<void> {
  const { reporter, signal } = context;
  const files = filesOf(values);
  const isAsked = Object.keys(files).length > 0 || values.pull !== undefined || values.verify;
  if (values.out === undefined && !isAsked) return listKnown(reporter);
  const out = needed(values.out, '--out DIR', 'evaluate judges');
  if (values.pull !== undefined) await pull(out, values.pull, values, context);
  if (Object.keys(files).length > 0)
    await addJudges({
      ...{ out, files, signal },
      onProgress: ({ done, total }) => reporter.progress({ stage: 'write', done, total, fps: 0 }),
    });
  const listed = await (values.verify ? verifyJudges(out, { signal }) : readJudges(out));
  reporter.result((paint) => describe(out, listed, values.verify === true, paint), {
    judges: out,
    ...{ verified: values.verify === true, list: listed },
  });
}

function filesOf(values: JudgesValues): Partial<Record<JudgeName, string>> {
  const given = JUDGE_NAMES.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]));
  return Object.fromEntries(given) as Partial<Record<JudgeName, string>>;
}

async function pull(
  out: string,
  names: readonly string[],
  values: JudgesValues,
  context: Context,
): Promise<void> {
  const inAdvance = values['accept-licences'] === true;
  if (!inAdvance) requireTerminal('--accept-licences');
  const { reporter, signal } = context;
  await pullJudges({
    ...{ out, signal, judges: namesOf(names), downloads: values.downloads },
    acceptLicences: (files) => accept(files, inAdvance, context),
    onProgress: ({ stage, done, total }) =>
      reporter.progress({ stage: stage === 'add' ? 'write' : 'download', done, total, fps: 0 }),
  });
}

function namesOf(words: readonly string[]): JudgeName[] {
  const unknown = words.find((word) => !JUDGE_NAMES.includes(word as JudgeName));
  if (unknown === undefined) return [...new Set(words)] as JudgeName[];
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected names of ${JUDGE_NAMES.join(', ')} for --pull but received '${unknown}'`,
  );
}

/** Lists the files with their licences, even if they are accepted in advance. */
async function accept(
  files: readonly JudgeFile[],
  inAdvance: boolean,
  { reporter, signal }: Context,
): Promise<boolean> {
  const rows = files.map(({ judge, bytes: size, repository, licence }) => [
    judge,
    bytes(size),
    repository,
    licence,
  ]);
  const lines = table([['JUDGE', 'SIZE', 'FROM', 'LICENCE'], ...rows]);
  if (!inAdvance) return askForConsent({ lines, text: 'Do you accept these licences?' }, signal);
  reporter.notice(lines, 'licences', { files });
  return true;
}

/** All judges that there are. */
function listKnown(reporter: Reporter): void {
  const known = JUDGE_NAMES.map((name) => {
    const { networks: _, unused: __, ...kind } = JUDGES[name];
    return { name, ...kind };
  });
  const lines = () =>
    known.flatMap(({ name, use, file, bytes: size, from, licence, hub }) => [
      name,
      ...definitions(
        [
          ['for', use],
          ['file', `${file}, ${bytes(size)}`],
          ['from', hub ? `${from}, or --pull from ${hub.repository}` : from],
          ['licence', licence],
        ],
        11,
      ),
    ]);
  reporter.result(lines, { known });
}

function describe(out: string, listed: ListedJudges, isVerified: boolean, paint: Paint): string[] {
  const entries = Object.entries(listed);
  const row = (name: string, { source, networks, licence }: ListedJudge) => {
    const parts = Object.values(networks).map((network) => network.bytes + (network.data?.bytes ?? 0));
    return [name, bytes(parts.reduce((sum, size) => sum + size, 0)), source.sha256.slice(0, 12), licence];
  };
  const restricted = entries.filter(([, { nonCommercial }]) => nonCommercial).map(([name]) => name);
  return [
    ...table([['JUDGE', 'SIZE', 'MADE OF', 'LICENCE'], ...entries.map(([name, judge]) => row(name, judge))]),
    `${paint('strong', out)}: ${entries.length} of ${JUDGE_NAMES.length} judges${isVerified ? ', all files and numbers as listed' : ''}`,
    ...(restricted.length > 0
      ? wrap(`Not for commercial use, or of unknown licence: ${restricted.join(', ')}`, COLUMNS)
      : []),
  ];
}
