import { basename } from 'node:path';
import { KdtalkerError } from '../../errors.js';
import { type PullFile, type PullOptions, pullPack } from '../../packs/kdtalker/pull.js';
import type { Context } from '../command.js';
import { askForConsent, requireTerminal } from '../consent.js';
import { bytes, table } from '../layout.js';
import { make } from './make.js';
import { needed, type PullValues } from './options.js';

/** `kdtalker packs pull`. @throws the errors of {@link pullPack} */
export async function pull(name: string, values: PullValues, context: Context): Promise<void> {
  if (name !== 'kdtalker')
    throw new KdtalkerError(
      'INVALID_ARGUMENT',
      `Expected kdtalker for NAME, the one pack that can be downloaded, but received '${name}'`,
    );
  const directory = needed(values.out, '--out DIR', 'packs pull');
  const inAdvance = values['accept-licences'] === true;
  if (!inAdvance) requireTerminal('--accept-licences');
  const options: PullOptions = {
    directory,
    ...(values.downloads !== undefined && { downloads: values.downloads }),
    acceptLicences: (files) => accept(files, inAdvance, context),
  };
  await make(options.directory, context, (write) => pullPack({ ...options, ...write }));
}

/** Lists the files with their licences, even if they are accepted in advance. */
async function accept(
  files: readonly PullFile[],
  inAdvance: boolean,
  { reporter, signal }: Context,
): Promise<boolean> {
  const lines = describe(files);
  if (!inAdvance) return askForConsent({ lines, text: 'Do you accept these licences?' }, signal);
  const listed = files.map(({ repository, path, bytes: size, sha256, licence, nonCommercial }) => {
    return { repository, path, bytes: size, sha256, licence, nonCommercial };
  });
  reporter.notice(lines, 'licences', { files: listed });
  return true;
}

function describe(files: readonly PullFile[]): string[] {
  const rows = files.map(({ path, bytes: size, licence }) => [basename(path, '.pth'), bytes(size), licence]);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const repositories = [...new Set(files.map(({ repository }) => repository))].join(' and ');
  return [
    ...table([['FILE', 'SIZE', 'LICENCE'], ...rows]),
    `${bytes(total)} from ${repositories}; together for non-commercial use only.`,
  ];
}
