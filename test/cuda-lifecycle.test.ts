// Processes that use a GPU, which is the double of CUDA here: they end, fail and go on as those on the processor.
import t from 'tap';
import { CUDA_ENVIRONMENT, NEEDS_DOUBLE } from './support/cuda-double.js';
import { endedWith, runProgram } from './support/talker.js';

/** Every moment and every allocation: KDTALKER_LONG=1 npx tap --timeout=3600 test/cuda-lifecycle.test.ts */
const LONG = process.env.KDTALKER_LONG === '1';
/** Of stages that make few calls. */
const CALLS: Record<string, number[]> = { load: [1], sample: [1] };
const GPU = { ...CUDA_ENVIRONMENT, KDTALKER_TEST_DEVICE: 'cuda:0' };

/** What gpu-faults.mjs says. */
interface Faults {
  codes: string[];
  hash: string;
  work: { allocations: number };
}

async function faults(t: import('tap').Test, settings: string): Promise<Faults> {
  const env = { ...GPU, KDTALKER_CUDA_DOUBLE: settings };
  const result = await runProgram('gpu-faults', t.testdir(), { env });
  endedWith(t, result, 0, settings);
  return JSON.parse(result.stdout) as Faults;
}

/** Some of the numbers from 0 up to `count`: its ends and a few between; all of them if it is to take long. */
function some(count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  return LONG ? all : [0.03, 0.2, 0.45, 0.7, 0.95].map((part) => Math.floor(part * count));
}

t.test(
  'an allocation that finds no memory is DEVICE_MEMORY, and the talker works afterwards',
  { skip: NEEDS_DOUBLE },
  async (t) => {
    const { codes, hash, work } = await faults(t, '');
    t.same(codes, []);
    for (const after of some(work.allocations)) {
      const failed = await faults(t, `fail=cudaMalloc:${after}:2`);
      // What a talker has released is given back and asked for once more, so that not every lack is an error.
      t.ok(
        failed.codes.every((code) => code === 'DEVICE_MEMORY') && failed.codes.length <= 1,
        `${failed.codes}`,
      );
      t.equal(failed.hash, hash, `allocation ${after}: the same bytes afterwards`);
    }
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
