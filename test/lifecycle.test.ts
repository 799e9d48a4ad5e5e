import t, { type Test } from 'tap';
import { gone, names } from './support/media.js';
import { endedWith, randoms, runProgram } from './support/talker.js';

const STAGES = ['load', 'portrait', 'audio', 'sample', 'render', 'save', 'video'] as const;
/** More rounds: KDTALKER_LONG=1 npx tap --timeout=1800 test/lifecycle.test.ts */
const LONG = process.env.KDTALKER_LONG === '1';
/** How a process ends early. Where not both are tried at a moment, they take turns. */
const ENDS = ['exit', 'throw'] as const;
/** Moments within a stage, in calls of the addon that come after its begin; the ends must be clean at any of them. */
const MOMENTS = LONG ? [0, 1, 2, 3, 4, 5, 8] : [0, 4];
/** Of stages that make few calls: each is a moment. */
const CALLS: Partial<Record<(typeof STAGES)[number], number[]>> = {
  load: [0, 1, 2],
  portrait: LONG ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [0, 5, 10],
  sample: [0, 1],
};

/** What may lie in the folder of a program that ended early: its speech, and a video only when it is whole. */
const INPUT = 'speech-60.wav';

async function endsCleanly(
  t: Test,
  stage: string,
  how: (typeof ENDS)[number],
  calls: number,
  folder: string,
) {
  const env = { TMPDIR: folder }; // where a source video's pictures lie
  const result = await runProgram('end-during', folder, { args: [stage, how, String(calls)], env });
  if (how === 'exit') endedWith(t, result, 7, `exit after ${calls} calls`);
  else endedWith(t, result, 1, `throw after ${calls} calls`, /Error: thrown on purpose/);
  t.notMatch(result.stderr, /terminate|mutex|abort|core dumped|FATAL/i);
  t.same(names(folder), [INPUT], `${how}: no file left half-written`);
  // Nobody could wait for it: it ends a moment after its parent.
  await gone(`.talk.mp4.kdtalker-${result.pid}-`);
}

for (const stage of STAGES) {
  t.test(`process.exit and an uncaught throw during ${stage}`, async (t) => {
    for (const [i, calls] of (CALLS[stage] ?? MOMENTS).entries()) {
      const folder = t.testdir({ exit: {}, throw: {} });
      for (const how of LONG ? ENDS : [ENDS[i % 2]!])
        await endsCleanly(t, stage, how, calls, `${folder}/${how}`);
    }
  });
}

t.test('a stage that is left alone ends by itself', async (t) => {
  const folder = t.testdir();
  for (const stage of STAGES) {
    endedWith(t, await runProgram('end-during', folder, { args: [stage, 'natural'] }), 0, stage);
  }
  t.same(names(folder), [INPUT, 'talk.mp4']);
});

t.test('a process ends by itself with everything left open', async (t) => {
  const result = await runProgram('left-open', t.testdir());
  endedWith(t, result, 0, 'left open');
  t.equal(result.stdout, 'frame 0\n');
});

t.test('what is dropped without close is collected', async (t) => {
  const result = await runProgram('dropped', t.testdir(), { node: ['--expose-gc'] });
  endedWith(t, result, 0, 'dropped');
  t.equal(result.stdout, 'talkers 6, portraits 6, clips 6\n');
});

t.test('double close and use after close', async (t) => {
  const folder = t.testdir();
  const result = await runProgram('use-after-close', folder);
  endedWith(t, result, 0, 'use after close');
  t.equal(result.stdout, 'fine: puppet, 6 frames\n');
  t.same(names(folder), [INPUT]);
});

t.test('aborts at random moments', async (t) => {
  const folder = t.testdir();
  const rounds = LONG ? 210 : 28;
  const result = await runProgram('aborts', folder, { args: [String(17), String(rounds)] });
  endedWith(t, result, 0, 'aborts');
  t.equal(result.stdout, `${rounds} ended, some of them aborted: true\n`);
  t.same(
    names(folder).filter((name) => name.endsWith('.part')),
    [],
    'no temporary file is left',
  );
});

t.test('one signal may end very many calls', async (t) => {
  const folder = t.testdir();
  const result = await runProgram('one-signal', folder);
  endedWith(t, result, 0, 'one signal');
  t.match(result.stdout, /^ABORTED( done)?\n$/);
  t.same(names(folder), [INPUT]);
});

t.test('close() at random moments waits for the work under way', async (t) => {
  const random = randoms(5);
  const seeds = Array.from({ length: LONG ? 5 : 1 }, () => String(Math.ceil(random() * 1e6)));
  for (const seed of seeds) {
    const result = await runProgram('closes', t.testdir(), { args: [seed, '8'] });
    endedWith(t, result, 0, `closes ${seed}`);
    t.equal(result.stdout, 'closed\n');
  }
});
