// Processes that use a GPU, which is the double of CUDA here: they end, fail and go on as those on the processor.
import t, { type Test } from 'tap';
import { CUDA_ENVIRONMENT, NEEDS_DOUBLE } from './support/cuda-double.js';
import { endedWith, runProgram } from './support/talker.js';

/** Every moment, allocation and call: KDTALKER_LONG=1 npx tap --timeout=3600 test/cuda-lifecycle.test.ts */
const LONG = process.env.KDTALKER_LONG === '1';
/** Of stages that make few calls. */
const CALLS: Record<string, number[]> = { load: [1], sample: [1] };
const GPU = { ...CUDA_ENVIRONMENT, KDTALKER_TEST_DEVICE: 'cuda:0' };

/** Runs gpu-faults.mjs: the number of clips that failed. */
async function faults(t: Test, kind: string, number: number): Promise<number> {
  const result = await runProgram('gpu-faults', t.testdir(), { args: [kind, `${number}`], env: GPU });
  endedWith(t, result, 0, `${kind} ${number}`);
  return (JSON.parse(result.stdout) as { failed: number }).failed;
}

t.test(
  'memory that is not there at an allocation: DEVICE_MEMORY, and the talker works afterwards',
  {
    skip: NEEDS_DOUBLE,
  },
  async (t) => {
    // What a talker has released is given back and asked for once more, so that not every lack is an error.
    const ofDevice = await faults(t, 'cudaMalloc', LONG ? 1 : 9);
    const ofHost = await faults(t, 'cudaMallocHost', LONG ? 1 : 9);
    t.ok(ofDevice > 0 && ofHost > 0, `${ofDevice} of the device, ${ofHost} pinned`);
  },
);

t.test(
  'a GPU that is lost at a call: DEVICE_LOST of all its talkers, and that of the processor goes on',
  {
    skip: NEEDS_DOUBLE,
  },
  async (t) => {
    let after = LONG ? 0 : 2;
    while ((await faults(t, 'lose', after)) > 0) after = LONG ? after + 1 : Math.ceil(2.3 * after);
    t.ok(after > 200, `no clip has as many calls as ${after}`);
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
  t.ok(after.threads <= before.threads, `${after.threads} threads, ${before.threads} before`);
});
