import t from 'tap';
import { runProgram } from './support/talker.js';

/** The number of packs: KDTALKER_FUZZ=2000 for the long run. Their numbers are their seeds. */
const MUTANTS = Number(process.env.KDTALKER_FUZZ ?? 150);
/** Packs for each process: a crash loses only a few. */
const AT_ONCE = 25;

interface Line {
  index: number;
  what?: string;
  outcome?: 'clip' | 'error' | 'wrong';
  wrong?: string;
  code?: string;
  message?: string;
}

t.test('a pack with anything wrong in it gives a coded error or a right clip', async (t) => {
  const lines: Line[] = [];
  for (let first = 0; first < MUTANTS; ) {
    const last = Math.min(MUTANTS, first + AT_ONCE);
    const { stdout, stderr, code, signal } = await runProgram('pack-fuzz', t.testdir(), {
      args: [String(first), String(last)],
    });
    const said = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    lines.push(...said);
    const unfinished = said.at(-1)?.outcome === undefined;
    if (unfinished || code !== 0 || signal !== null)
      t.fail(`pack ${said.at(-1)?.index}: ${said.at(-1)?.what} ended the process (${code}, ${signal})`, {
        stderr,
      });
    first = unfinished ? (said.at(-1)?.index ?? first) + 1 : last;
  }
  const whats = new Map(
    lines.flatMap(({ index, what }) => (what === undefined ? [] : [[index, what] as const])),
  );
  const outcomes = lines.filter(({ outcome }) => outcome !== undefined);
  for (const { index, wrong } of outcomes.filter(({ outcome }) => outcome === 'wrong'))
    t.fail(`pack ${index}: ${whats.get(index)}: ${wrong}`);
  t.equal(outcomes.length, MUTANTS, 'every pack was tried to its end');
  for (const index of [0, 1, 2, 3])
    t.equal(
      outcomes.find((line) => line.index === index)?.outcome,
      'clip',
      `pack ${index}, which is right, gives a clip`,
    );
  const counts = new Map<string, number>();
  for (const { outcome, code = outcome! } of outcomes) counts.set(code, (counts.get(code) ?? 0) + 1);
  t.comment([...counts].map(([name, count]) => `${name} ${count}`).join(', '));
  for (const { index, code, message } of outcomes.filter(({ code }) => code === 'PACK_INVALID'))
    t.match(message, /[Ee]xpected .+ but .+/s, `pack ${index} (${code}) says what was expected and received`);
});
