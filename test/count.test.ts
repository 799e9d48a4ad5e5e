import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

function count(output: string, status = 0) {
  const args = [path.join(root, '.ci/count.mjs'), 'native tests', String(status)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { input: output, encoding: 'utf8' });
  return { tally: stdout.trim(), said: stderr.trim() };
}

const missing = `===============================================================================
../../test/native/run.test.cc:20:
TEST CASE:  every device makes the same frames

../../test/native/support/skip.h:15: MESSAGE: SKIPPED: needs KDTALKER_ORT

`;
const other = missing.replace('every device', 'guarded').replace('SKIPPED: needs', 'largest error of');
const summary = '[doctest] test cases:   12 |   11 passed | 1 failed | 130 skipped\n';

t.test('native cases that find something missing count as skipped, by name', async (t) => {
  t.same(count(other + missing + summary, 1), {
    tally: '10 1 native tests (1 skipped)',
    said: 'skipped: every device makes the same frames: needs KDTALKER_ORT',
  });
  t.same(count(other + summary, 1), { tally: '11 1 native tests', said: '' });
});

t.test('the cases of two programs are added up', async (t) => {
  const more = summary.replace('11 passed | 1 failed', '5 passed | 0 failed');
  t.same(count(summary + more, 1), { tally: '16 1 native tests', said: '' });
});

t.test('a run in which everything was skipped has failed', async (t) => {
  const all = '[doctest] test cases:   1 |   1 passed | 0 failed | 0 skipped\n';
  t.equal(count(missing + all).tally, '0 1 native tests (1 skipped)');
});
