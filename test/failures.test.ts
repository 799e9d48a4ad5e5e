import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What .ci/run repeats in its summary of a step with this output. */
function failures(output: string): string {
  const args = [path.join(root, '.ci/failures.mjs'), 'the step'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input: output, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const TAP = `TAP version 14
# Subtest: test/good.test.ts
    ok 1 - fine
    1..1
ok 1 - test/good.test.ts # time=2.1ms

# Subtest: test/bad.test.ts
    # Subtest: outer
        # Subtest: inner
            not ok 1 - one is two
              ---
              diff: |
                -2
                +1
              at:
                fileName: test/bad.test.ts
              ...
            
            ok 2 - fine
            not ok 3 - later # TODO
            1..3
        not ok 1 - inner # time=44.985ms
          ---
          source: of the test
          ...
        
        1..1
    not ok 1 - outer # time=51.812ms
    
    1..1
not ok 2 - test/bad.test.ts # time=72.122ms
  ---
  exitCode: 1
  ...

# Subtest: test/ended.test.ts
    1..0 # no tests found
not ok 3 - test/ended.test.ts # time=1702.882ms
  ---
  exitCode: 3
  ...

# { total: 8, pass: 3, fail: 3, todo: 1, skip: 1 }
`;

t.test('the failed assertions of tap, with file, tests and diagnostic, each once', async (t) => {
  t.equal(
    failures(TAP),
    `
== failed: the step

test/bad.test.ts > outer > inner > one is two
  diff: |
    -2
    +1
  at:
    fileName: test/bad.test.ts

test/ended.test.ts
  exitCode: 3
`,
  );
});

const DOCTEST = `[doctest] run with "--help" for options
===============================================================================
../../test/native/run.test.cc:20:
TEST SUITE: threads
TEST CASE:  numbers add up
  wrongly

../../test/native/run.test.cc:21: MESSAGE: a note

../../test/native/run.test.cc:22: ERROR: CHECK( 1 + 1 == 3 ) is NOT correct!
  values: CHECK( 2 == 3 )

===============================================================================
../../test/native/run.test.cc:30:
TEST CASE:  good

../../test/native/run.test.cc:31: MESSAGE: SKIPPED: needs a pack

===============================================================================
[doctest] test cases: 3 | 2 passed | 1 failed | 0 skipped
`;

t.test('the failed cases of doctest, with their messages', async (t) => {
  t.equal(
    failures(DOCTEST),
    `
== failed: the step

../../test/native/run.test.cc:20 > numbers add up > wrongly
  ../../test/native/run.test.cc:22: ERROR: CHECK( 1 + 1 == 3 ) is NOT correct!
    values: CHECK( 2 == 3 )
`,
  );
});

t.test('reports of sanitizers, or else the last lines', async (t) => {
  const report = '==7==ERROR: AddressSanitizer: heap-use-after-free\n    #0 0x1 in Take()\n';
  t.match(
    failures(`${'a word\n'.repeat(200)}${report}`),
    /step\n\n==7==ERROR: AddressSanitizer.*\n {6}#0 0x1 in Take/,
  );
  const many = failures(`${'a word\n'.repeat(200)}the cause`);
  t.match(many, /the last lines:\n(.*\n)* {2}the cause\n$/);
  t.ok(many.split('\n').length < 50);
});
