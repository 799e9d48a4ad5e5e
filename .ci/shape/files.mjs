// The project's own source files, as git lists them: without generated and installed files.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files under `folders` in the work tree, also uncommitted ones. */
export function sources(folders, pattern) {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...folders], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => pattern.test(file));
}

export const read = (file) => readFileSync(path.join(root, file), 'utf8');
