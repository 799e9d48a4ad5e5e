import type { Portrait, Talker } from 'kdtalker';
import t from 'tap';
import { loadBoth, speechFile } from './support/talker.js';

interface Moves {
  yawDeviation: number;
  step: { joins: number; inside: number };
  lipsTurn: { joins: number; inside: number };
}
interface Joins {
  measureJoins(given: {
    talker: Talker;
    portrait: Portrait;
    files: string[];
    seeds: number;
  }): Promise<{ clip: Moves; stream: Moves; lipsCorrelation: number }>;
}
const { measureJoins } = (await import('../benchmarks/streams/joins.js' as string)) as Joins;

t.test('streams join as clips do, and their head follows the voice as much', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const { clip, stream, lipsCorrelation } = await measureJoins({
    talker,
    portrait,
    files: [speechFile],
    seeds: 6,
  });
  const over = ({ joins, inside }: { joins: number; inside: number }) => joins / inside;
  const deviation = stream.yawDeviation / clip.yawDeviation;
  const step = over(stream.step) / over(clip.step);
  const turn = stream.lipsTurn.joins / clip.lipsTurn.joins;
  t.comment(
    `yaw ${deviation.toFixed(2)} of a clip's, steps at joins ${step.toFixed(2)}, turns of the lips there ${turn.toFixed(2)}, ` +
      `lips ${lipsCorrelation.toFixed(3)} like a clip's`,
  );
  t.ok(deviation > 0.75 && deviation < 1.33, `standard deviation of the yaw: ${deviation} of a clip's`);
  t.ok(step < 1.1, `steps where plans join, over those inside: ${step} of a clip's`);
  t.ok(turn < 1.13, `second differences of the lips where hops join: ${turn} of a clip's`);
  t.ok(lipsCorrelation > 0.94, `the lips are like a clip's: ${lipsCorrelation}`);
});
