import { execFileSync } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import t from 'tap';
import { endedWith, loadBoth, runProgram, speech } from './support/talker.js';

t.test('the event loop turns many times while a frame is rendered', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  const clip = talker.animate(portrait, speech(50));
  const frames = clip.frames();
  await frames.next(); // sound has been read, the pipeline runs
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  setImmediate(turn);
  let count = 0;
  for await (const _ of frames) count++;
  running = false;
  delay.disable();
  // A loop that is blocked while a frame is rendered turns once or twice a frame. On a machine that has no core for it, it turns
  // in a few bursts, but then thousands of times.
  t.ok(turns > 20 * count, `${turns} turns in ${count} frames`);
  const p99 = delay.percentile(99) / 1e6;
  // `npm run bench` holds it to 20 ms.
  t.comment(`event-loop delay: p99 ${p99.toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(1)} ms`);
});

t.test('the engine takes none of libuv’s threads', async (t) => {
  const folder = t.testdir();
  // Opening a pipe that nobody writes to blocks the thread that does it: with one thread nothing of libuv's pool works.
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const result = await runProgram('without-libuv-pool', folder, { env: { UV_THREADPOOL_SIZE: '1' } });
  endedWith(t, result, 0, 'a clip without libuv’s pool');
  t.match(result.stdout, /^4 frames while the pool was blocked\n$/);
});
