import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Portrait, Talker } from 'kdtalker';
import t from 'tap';
import { wav } from './support/media.js';
import { loadBoth, portraitFile, speechFile } from './support/talker.js';

interface Moves {
  yawDeviation: number;
  step: { joins: number; inside: number };
  yawTurn: { joins: number; inside: number };
  lipsTurn: { joins: number; inside: number };
}
interface Measured {
  clip: Moves;
  stream: Moves;
  yaw: { ratio: number; error: number };
  yawCorrelation: number;
  lipsCorrelation: number;
}
interface Joins {
  measureJoins(given: {
    talker: Talker;
    portrait: Portrait;
    picture: string;
    files: string[];
    seeds: number;
    once: boolean;
  }): Promise<Measured>;
  samplesOf(file: string): Promise<Int16Array>;
}
const { measureJoins, samplesOf } = (await import('../benchmarks/streams/joins.js' as string)) as Joins;

/** A second of speech, and .6 s of silence, in turns. */
function pausing(samples: Int16Array): Int16Array {
  const [said, silent] = [16_000, 9600];
  const pieces = Array.from({ length: 7 }, (_, i) => samples.subarray(said * i, said * (i + 1)));
  const out = new Int16Array(pieces.length * (said + silent));
  pieces.forEach((piece, i) => {
    out.set(piece, i * (said + silent));
  });
  return out;
}

t.test('streams join as clips do, and their head follows the voice as much', async (t) => {
  const { talker, portrait } = await loadBoth(t, { threads: 1 });
  const dir = t.testdir();
  const pauses = path.join(dir, 'pauses.wav');
  const silent = pausing(await samplesOf(speechFile));
  await writeFile(pauses, wav({ channels: [Float32Array.from(silent, (value) => value / 32_768)] }));
  const over = ({ joins, inside }: { joins: number; inside: number }) => joins / inside;
  for (const file of [speechFile, pauses]) {
    const given = { talker, portrait, picture: portraitFile, files: [file], seeds: 3, once: true };
    const { clip, stream, yaw, yawCorrelation, lipsCorrelation } = await measureJoins(given);
    const step = over(stream.step) / over(clip.step);
    const turn = over(stream.yawTurn) / over(clip.yawTurn);
    const lipsTurn = stream.lipsTurn.joins / clip.lipsTurn.joins;
    const name = path.basename(file);
    t.comment(
      `${name}: yaw ${yaw.ratio.toFixed(3)} +- ${yaw.error.toFixed(3)} of a clip's and ${yawCorrelation.toFixed(2)} like it, steps at ` +
        `joins ${step.toFixed(2)}, turns ${turn.toFixed(2)}, turns of the lips ${lipsTurn.toFixed(2)}, lips ${lipsCorrelation.toFixed(3)} like a clip's`,
    );
    t.ok(yaw.ratio > 0.85 && yaw.ratio < 1.15, `${name}: the yaw's deviation is ${yaw.ratio} of a clip's`);
    t.ok(yawCorrelation > 0.8, `${name}: the head goes where a clip's goes: ${yawCorrelation}`);
    t.ok(step < 1.1, `${name}: steps where plans join, over those beside: ${step} of a clip's`);
    t.ok(turn < 1.3, `${name}: second differences of the yaw where hops join: ${turn} of a clip's`);
    t.ok(lipsTurn < 1.13, `${name}: second differences of the lips where hops join: ${lipsTurn} of a clip's`);
    t.ok(lipsCorrelation > 0.94, `${name}: the lips are like a clip's: ${lipsCorrelation}`);
  }
});
