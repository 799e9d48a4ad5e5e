import t from 'tap';
import { endedWith, runProgram } from './support/talker.js';

/** More rounds: KDTALKER_LONG=1 npx tap --timeout=1800 test/worker-threads.test.ts */
const LONG = process.env.KDTALKER_LONG === '1';

t.test('workers make the same frames as the main thread, several at once', async (t) => {
  const result = await runProgram('workers', t.testdir());
  endedWith(t, result, 0, 'workers');
  t.equal(result.stdout, 'all the same\n');
});

t.test('workers are terminated in the middle of their work', async (t) => {
  for (const seed of LONG ? [3, 4, 5, 6] : [3]) {
    const args = [String(seed), LONG ? '16' : '6', 'wait'];
    const result = await runProgram('workers-terminated', t.testdir(), { args });
    endedWith(t, result, 0, 'terminated');
    t.equal(result.stdout, '3 frames afterwards\n');
  }
});

t.test('the process exits while workers render', async (t) => {
  for (let i = 0; i < (LONG ? 20 : 2); i++) {
    endedWith(
      t,
      await runProgram('workers-terminated', t.testdir(), { args: ['9', '0', 'exit'] }),
      5,
      'exit',
    );
  }
});

t.test('the process exits while workers load and prepare, and has loaded nothing itself', async (t) => {
  for (const calls of LONG ? [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20] : [2, 6]) {
    const result = await runProgram('exit-beside-workers', t.testdir(), { args: [String(calls)] });
    endedWith(t, result, 5, `exit after ${calls} calls`);
  }
});
