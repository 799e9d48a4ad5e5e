import { defineCommand } from '../../command.js';
import { SCORE_OPTIONS } from '../../evaluate/options.js';

export const command = defineCommand({
  summary: "Measure one or more methods' videos of a bench",
  usage: '--bench DIR --method NAME=DIR [--method NAME=DIR ...] --out DIR [options]',
  about: [
    "Measures sharpness, mouth, brows, lip-sync, offsets, beats and more of each video, and compares them with the bench's real videos. " +
      'Videos have the names of their clips; size, rate, length and codec do not matter. Writes results.jsonl, scores.csv, table.json, ' +
      'table.md and report.html. The same command continues a stopped run.',
    'With --fail-if the exit code is 1 if the mean of a method is beyond a limit, or was not measured.',
  ],
  options: SCORE_OPTIONS,
  examples: [
    'kdtalker evaluate score --bench bench --method ours=videos --out results',
    'kdtalker evaluate score --bench bench --method old=v1 --method new=v2 --out results',
    "kdtalker evaluate score --bench bench --method ours=videos --out results --fail-if 'cpbd<0.2' --fail-if 'lmd>0.1'",
  ],
  async run(values, _operands, context) {
    const { score } = await import('../../evaluate/score.js');
    return score(values, context);
  },
});
