import { KdtalkerError } from '../../errors.js';
import { METRIC_NAMES, metricOf } from '../../evaluate/metrics.js';
import { type Evaluation, evaluate } from '../../evaluate/score/evaluate.js';
import type { EvaluateProgress } from '../../evaluate/score/options.js';
import type { Table } from '../../evaluate/score/table.js';
import { cellOf } from '../../evaluate/score/text-tables.js';
import type { Context } from '../command.js';
import { table } from '../layout.js';
import { needed } from '../packs/options.js';
import type { Paint, Reporter } from '../report/reporter.js';
import type { ScoreValues } from './options.js';

/** `kdtalker evaluate score`. @returns 1 if a condition of `--fail-if` is true @throws as `evaluate()` */
export async function score(values: ScoreValues, { reporter, signal }: Context): Promise<number> {
  const need = (value: string | undefined, option: string) => needed(value, option, 'evaluate score');
  const { pack, judges, lse, device, threads } = values;
  const evaluation = await evaluate({
    bench: need(values.bench, '--bench DIR'),
    methods: methodsOf(values.method),
    out: need(values.out, '--out DIR'),
    ...{
      pack,
      judges,
      lse,
      device,
      threads,
      lseReencode: values['lse-reencode'],
      fidReal: values['fid-real'],
      fidSave: values['fid-save'],
    },
    failIf: values['fail-if'],
    signal,
    onProgress: (progress) => report(reporter, progress),
  });
  const { failures, files, table: means } = evaluation;
  reporter.result((paint) => describe(evaluation, paint), { failures, files, table: means });
  return failures.length === 0 ? 0 : 1;
}

function report(reporter: Reporter, { done, total }: EvaluateProgress): void {
  reporter.progress({ stage: 'measure', done, total, fps: 0 });
}

/** Folders by names. @throws INVALID_ARGUMENT */
export function methodsOf(given: readonly string[] = []): Record<string, string> {
  const methods: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    const [name, folder] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || folder === '') throw wrong('NAME=DIR', text);
    if (methods[name] !== undefined) throw wrong('different names', text);
    methods[name] = folder;
  }
  return methods;
}

function wrong(expected: string, received: string): KdtalkerError {
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${expected} for --method but received '${received}'`,
  );
}

function describe({ table: means, failures, files }: Evaluation, paint: Paint): string[] {
  return [
    ...tableLines(means),
    '',
    `${paint('strong', files.report)} shows the worst clips; ${files.markdown} has the table`,
    ...failures.map((failure) => `${paint('bad', 'failed')} ${failure}`),
  ];
}

/** The table of means and its notes, for a terminal. */
export function tableLines(means: Table): string[] {
  return [...table(rowsOf(means)), ...means.notes.map((note) => `note: ${note}`)];
}

/** Only metrics that some method has. */
function rowsOf({ methods }: Table): string[][] {
  const shown = METRIC_NAMES.filter((name) =>
    methods.some(({ metrics }) => metrics[name].mean !== undefined),
  );
  const rows = shown.map((name) => [
    metricOf(name).title,
    metricOf(name).better ?? '',
    ...methods.map(({ metrics }) => cellOf(name, metrics[name])),
  ]);
  return [['METRIC', 'BETTER', ...methods.map(({ name }) => name.toUpperCase())], ...rows];
}
