// Processes that use a GPU, which is the double of CUDA here: they end, fail and go on as those on the processor.
import t, { type Test } from 'tap';
import { CUDA_ENVIRONMENT, NEEDS_DOUBLE } from './support/cuda-double.js';
import { endedWith, runProgram } from './support/talker.js';

/** Every moment, allocation and call: KDTALKER_LONG=1 npx tap --disable-coverage --timeout=3600 test/cuda-lifecycle.test.ts */
const LONG = process.env.KDTALKER_LONG === '1';
/** Of stages that make few calls. */
const CALLS: Record<string, number[]> = { load: [1], sample: [1] };
const GPU = { ...CUDA_ENVIRONMENT, KDTALKER_TEST_DEVICE: 'cuda:0' };
/** Calls at which a GPU is lost; a clip makes more than twelve hundred. */
const SOME = [2, 5, 12, 28, 65, 150, 345, 794, 1827];
/** Calls that allocate; a clip makes more than a hundred. */
const EVERY_SEVENTEENTH = Array.from({ length: 16 }, (_, i) => 17 * i);

/** Runs gpu-faults.mjs: how many of these calls a clip makes, and how many clips failed. */
async function faultsAt(t: Test, kind: string, calls: number[]): Promise<{ made: number; failed: number }> {
  const result = await runProgram('gpu-faults', t.testdir(), { args: [kind, `${calls}`], env: GPU });
  endedWith(t, result, 0, `${kind} ${calls}`);
  return JSON.parse(result.stdout);
}

/** The clips that failed at some calls; at every one with KDTALKER_LONG, a process for each fifty. */
async function faults(t: Test, kind: string, some: number[]): Promise<number> {
  if (!LONG) return (await faultsAt(t, kind, some)).failed;
  let [all, made, failed] = [0, 0, 0];
  for (; made === all; all += 50) {
    const calls = Array.from({ length: 50 }, (_, i) => all + i);
    const next = await faultsAt(t, kind, calls);
    failed += next.failed;
    made += kind === 'lose' ? next.failed : next.made;
  }
  t.comment(`${made} calls, ${failed} failed`);
  return failed;
}

t.test(
  'memory that is not there at an allocation: DEVICE_MEMORY, and the talker works afterwards',
  { skip: NEEDS_DOUBLE },
  async (t) => {
    // What a talker has released is given back and asked for once more, so that not every lack is an error.
    const ofDevice = await faults(t, 'cudaMalloc', EVERY_SEVENTEENTH);
    const ofHost = await faults(t, 'cudaMallocHost', EVERY_SEVENTEENTH);
    t.ok(ofDevice > 0 && ofHost > 0, `${ofDevice} of the device, ${ofHost} pinned`);
  },
);

t.test(
  'a GPU that is lost at a call: DEVICE_LOST of all its talkers, and that of the processor goes on',
  { skip: NEEDS_DOUBLE },
  async (t) => {
    const lost = await faults(t, 'lose', SOME);
    t.ok(lost >= (LONG ? 200 : 7), `${lost} clips have lost their GPU`);
  },
);

t.test('the ends of a process in each stage', async (t) => {
  for (const stage of ['load', 'portrait', 'audio', 'sample', 'render', 'video'])
    for (const calls of CALLS[stage] ?? (LONG ? [0, 1, 2, 3, 4, 5, 8] : [4])) {
      const args = [stage, 'exit', String(calls)];
      const ended = await runProgram('end-during', t.testdir(), { args, env: GPU });
      endedWith(t, ended, 7, `exit during ${stage} after ${calls} calls`);
    }
});

t.test('everything left open, everything dropped, use after close', async (t) => {
  const open = await runProgram('left-open', t.testdir(), { env: GPU });
  endedWith(t, open, 0, 'left open');
  const closed = await runProgram('use-after-close', t.testdir(), { env: GPU });
  endedWith(t, closed, 0, 'use after close');
  t.equal(closed.stdout, 'fine: puppet, 6 frames\n');
});

t.test('aborts and closes at random moments', async (t) => {
  const rounds = LONG ? 210 : 14;
  const aborts = await runProgram('aborts', t.testdir(), { args: ['17', String(rounds)], env: GPU });
  endedWith(t, aborts, 0, 'aborts');
  t.equal(aborts.stdout, `${rounds} ended, some of them aborted: true\n`);
  const closes = await runProgram('closes', t.testdir(), { args: ['5', LONG ? '40' : '4'], env: GPU });
  endedWith(t, closes, 0, 'closes');
});

t.test('worker threads: the same frames, several at once; terminated in the middle', async (t) => {
  const workers = await runProgram('workers', t.testdir(), { env: GPU });
  endedWith(t, workers, 0, 'workers');
  t.equal(workers.stdout, 'all the same\n');
  const args = ['3', LONG ? '16' : '2', 'wait'];
  const terminated = await runProgram('workers-terminated', t.testdir(), { args, env: GPU });
  endedWith(t, terminated, 0, 'terminated');
  t.equal(terminated.stdout, '3 frames afterwards\n');
});

t.test('many clips hold no more of the device', async (t) => {
  const args = LONG ? ['40', '200'] : ['8', '16'];
  const result = await runProgram('many-clips', t.testdir(), { node: ['--expose-gc'], args, env: GPU });
  endedWith(t, result, 0, 'many clips');
  const { before, after } = JSON.parse(result.stdout);
  t.equal(after.deviceBytes, before.deviceBytes);
  // Streams on loan are kept, and there is one more when first two pieces of work meet; on the double each has a thread.
  t.ok(after.threads <= before.threads + 2, `${after.threads} threads, ${before.threads} before`);
});
