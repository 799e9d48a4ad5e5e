import t from 'tap';
import { endedWith, runProgram } from './support/talker.js';

const MEGABYTE = 2 ** 20;

const LONG = process.env.KDTALKER_LONG === '1';

/**
 * glibc keeps what is freed, in an arena for each thread, and its share grows and shrinks by tens of megabytes by chance. With
 * these settings freed memory goes back at once, so that what is resident is what is in use.
 */
const TIDY = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

t.test('200 clips leave nothing behind', async (t) => {
  const args = LONG ? ['160', '2000'] : ['80', '200'];
  const result = await runProgram('many-clips', t.testdir(), { node: ['--expose-gc'], args, env: TIDY });
  endedWith(t, result, 0, 'many clips');
  const { before, grown } = JSON.parse(result.stdout) as { before: number; grown: number };
  t.comment(`resident ${(before / MEGABYTE).toFixed(1)} MB, grown by ${(grown / MEGABYTE).toFixed(2)} MB`);
  t.ok(grown < 5 * MEGABYTE, `grown by ${(grown / MEGABYTE).toFixed(2)} MB`);
});
