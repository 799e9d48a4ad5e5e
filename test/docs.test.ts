import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ERROR_CODES } from '../dist/errors.js';
import { WARNING_CODES } from '../dist/warnings.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

t.test('docs/errors.md lists every error and warning code with its meaning, and no other', async (t) => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, text]) => [
    code,
    text,
  ]);
  t.same(rows, [...Object.entries(ERROR_CODES), ...Object.entries(WARNING_CODES)]);
});

t.test('links to files of the repository lead somewhere', async (t) => {
  for (const page of [
    'README.md',
    'docs/api.md',
    'docs/gpu.md',
    'docs/performance.md',
    'docs/streams.md',
    'docs/scheduling.md',
    'docs/packs.md',
    'docs/model.md',
    'docs/kernels.md',
    'docs/puppet.md',
    'docs/models.md',
    'docs/evaluation.md',
    'docs/command.md',
    'docs/install.md',
    'docs/training.md',
    'examples/README.md',
  ]) {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
    for (const link of links) t.ok(existsSync(path.join(root, path.dirname(page), link)), `${page}: ${link}`);
  }
});

t.test('the README has at most 120 lines', async (t) => {
  t.ok(read('README.md').split('\n').length <= 121);
});
