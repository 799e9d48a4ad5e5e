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

/** Counts the addon's calls, and those in which JavaScript's thread slept, until `stop`. */
function watchCalls() {
  const addon = native() as unknown as Record<string, unknown>;
  const calls = { ...addon };
  const watched = { calls: 0, slept: [] as string[], stop: () => Object.assign(addon, calls) };
  for (const [name, call] of Object.entries(calls)) {
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

/** One clip: how many frames it has, JavaScript's share of the processor time, and how often its thread slept in a call of the addon. */
async function watchClip(frames: AsyncIterator<unknown>) {
  await frames.next(); // sound has been read, the pipeline runs
  const watched = watchCalls();
  const [own, all] = [ownTime(), allTime()];
  let count = 0;
  while (!(await frames.next()).done) count++;
  watched.stop();
  return { count, share: (ownTime() - own) / (allTime() - all), ...watched };
}

/**
 * A call that waits for the engine sleeps in every clip, for nearly every frame. One that does not sleeps only where a thread that holds
 * a mutex for a moment loses its processor, which a busy machine can do often in one clip; so the best of several clips counts.
 */
const CLIPS = 6;

t.test('JavaScript’s thread does next to none of the work, and waits for none', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const clips = [];
  do {
    clips.push(await watchClip(talker.animate(portrait, speech(60)).frames()));
    const { count, calls, slept } = clips.at(-1)!;
    t.equal(count, 59);
    t.ok(calls >= count, `${calls} calls of the addon, it slept in ${slept.length}: ${slept}`);
  } while (clips.length < CLIPS && !clips.some(isIdle));
  t.ok(clips.some(isIdle), JSON.stringify(clips.map(({ share, slept }) => [share, slept.length])));
});

/** Less than a quarter of the processor time, and hardly ever asleep in a call. */
function isIdle({ share, calls, slept }: { share: number; calls: number; slept: string[] }): boolean {
  return share < 0.25 && slept.length <= calls / 10;
}

t.test('the engine takes none of libuv’s threads', async (t) => {
  const folder = t.testdir();
  // Opening a pipe that nobody writes to blocks the thread that does it: with one thread nothing of libuv's pool works.
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const result = await runProgram('without-libuv-pool', folder, { env: { UV_THREADPOOL_SIZE: '1' } });
  endedWith(t, result, 0, 'a clip without libuv’s pool');
  t.match(result.stdout, /^4 frames while the pool was blocked\n$/);
});
