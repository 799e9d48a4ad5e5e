import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { native } from '../dist/binding.js';
import { endedWith, loadBoth, runProgram, speech } from './support/talker.js';

/** Processor time of JavaScript's thread, ns: Linux gives the first thread of a process the process's id. */
const ownTime = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
/** The same of all threads. */
const allTime = () => {
  const { user, system } = process.cpuUsage();
  return 1000 * (user + system);
};

/** How often JavaScript's thread has gone to sleep, in waiting for something. */
const sleeps = () =>
  Number(
    readFileSync(`/proc/self/task/${process.pid}/status`, 'utf8').match(
      /^voluntary_ctxt_switches:\t(\d+)$/m,
    )![1],
  );

/** Counts the addon's calls, and those in which JavaScript's thread slept. */
function watchCalls(): { calls: number; slept: string[] } {
  const watched = { calls: 0, slept: [] as string[] };
  const addon = native() as unknown as Record<string, unknown>;
  for (const [name, call] of Object.entries(addon)) {
    if (typeof call !== 'function') continue;
    addon[name] = (...args: unknown[]) => {
      const before = sleeps();
      const result = call.apply(addon, args);
      watched.calls++;
      if (sleeps() > before) watched.slept.push(name);
      return result;
    };
  }
  return watched;
}

t.test('JavaScript’s thread does next to none of the work, and waits for none', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const frames = talker.animate(portrait, speech(60)).frames();
  await frames.next(); // sound has been read, the pipeline runs
  const watched = watchCalls();
  const [own, all] = [ownTime(), allTime()];
  let count = 0;
  for await (const _ of frames) count++;
  const share = (ownTime() - own) / (allTime() - all);
  t.equal(count, 59);
  t.ok(share < 0.25, `${(100 * share).toFixed(0)} % of the processor time is JavaScript's`);
  t.ok(watched.calls >= count, `${watched.calls} calls of the addon`);
  // A mutex that another thread holds for a moment may put it to sleep, now and then.
  t.ok(watched.slept.length <= watched.calls / 10, `it slept in ${watched.slept.length}: ${watched.slept}`);
});

t.test('the engine takes none of libuv’s threads', async (t) => {
  const folder = t.testdir();
  // Opening a pipe that nobody writes to blocks the thread that does it: with one thread nothing of libuv's pool works.
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const result = await runProgram('without-libuv-pool', folder, { env: { UV_THREADPOOL_SIZE: '1' } });
  endedWith(t, result, 0, 'a clip without libuv’s pool');
  t.match(result.stdout, /^4 frames while the pool was blocked\n$/);
});
