import t from 'tap';
import { endedWith, runProgram } from './support/talker.js';

interface Held {
  deviceBytes: number;
  threads: number;
  files: number;
  resident: number;
}

const MEGABYTE = 2 ** 20;
/** More clips: KDTALKER_LONG=1 npx tap --timeout=1800 test/leaks.test.ts */
const LONG = process.env.KDTALKER_LONG === '1';

/** glibc keeps freed memory, in an arena for each thread. With these settings it returns the memory, so that a leak stands out. */
const TIDY = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

t.test('200 clips leave nothing behind', async (t) => {
  const args = LONG ? ['160', '2000'] : ['80', '200'];
  const result = await runProgram('many-clips', t.testdir(), { node: ['--expose-gc'], args, env: TIDY });
  endedWith(t, result, 0, 'many clips');
  const { before, after } = JSON.parse(result.stdout) as { before: Held; after: Held };
  t.ok(before.deviceBytes > 0, `${before.deviceBytes} bytes on the device: the portrait`);
  t.equal(after.deviceBytes, before.deviceBytes, 'device memory');
  t.ok(after.threads <= before.threads, `${after.threads} threads, ${before.threads} before`);
  t.ok(after.files <= before.files, `${after.files} open files, ${before.files} before`);
  // A frame of each clip would be 150 MB. What is resident differs by chance, by a few.
  const grown = (after.resident - before.resident) / MEGABYTE;
  t.comment(`resident ${(before.resident / MEGABYTE).toFixed(1)} MB, grown by ${grown.toFixed(2)} MB`);
  t.ok(grown < 50, `grown by ${grown.toFixed(2)} MB`);
});
