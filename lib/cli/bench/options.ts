import { THREADS } from '../../limits.js';
import { choices, flag, integer, integers, section, text, type Values } from '../option.js';

/** Every option of `bench`. Its `--json` differs from the common one: it names the file of the report. */
export const BENCH_OPTIONS = {
  ...section('What is measured', {
    workloads: choices('LIST', 'Groups (puppet, full, scaling) or parts of names (full/frame), with commas', {
      fallback: 'puppet,full',
      also: ['only'],
    }),
    contenders: choices('LIST', 'fp32, bf16, ort, ortnode, torch-fp32, torch-bf16', { fallback: 'all' }),
    threads: integers('LIST', THREADS, 'Numbers of threads to compare at', { fallback: '1 and the cores' }),
    rounds: integer([1, 100], 'Fresh processes for each contender and workload', {
      fallback: '3; some 1 or 2',
    }),
    quick: flag('One round of few repetitions: rough numbers'),
    memory: flag('Instead of speed: resident memory of 30 minutes of speech against 30 seconds'),
    'all-frames': flag('With --memory: renders all of them'),
  }),
  ...section('What with', {
    pack: text('DIR', 'The full pack', { fallback: 'one with weights by formula, made once' }),
    checkpoints: text(
      'DIR',
      'What that pack was converted from, as .safetensors, for PyTorch and packs convert',
    ),
    portrait: text('FILE', 'A picture', { fallback: "the example's" }),
    speech: text('FILE', 'A sound of 16 kHz', { fallback: "the example's" }),
  }),
  ...section('Results', {
    json: text(
      'FILE',
      'Writes machine, versions, every row and the ratios; after each measurement, so that nothing is lost',
    ),
    continue: flag('Goes on with the run that --json names, which was stopped'),
    chart: text('FILE', 'Draws a run as .svg; with --from, one that was kept'),
    from: text('FILE', 'Measures nothing: takes the report that --json wrote'),
  }),
};

/** The options given to `bench`. */
export type BenchValues = Values<typeof BENCH_OPTIONS>;
