import { THREADS } from '../../limits.js';
import { choices, flag, integer, integers, section, text, type Values } from '../option.js';

/** Every option of `bench`. Its `--json` differs from the common one: it names the file of the report. */
export const BENCH_OPTIONS = {
  ...section('What is measured', {
    workloads: choices(
      'LIST',
      'Groups (puppet, full, scaling) or parts of names (full/frame), separated by commas; or joins, live: of streams',
      {
        fallback: 'puppet,full',
        also: ['only'],
      },
    ),
    contenders: choices('LIST', 'fp32, bf16, ort, ortnode, torch-fp32, torch-bf16', { fallback: 'all' }),
    threads: integers('LIST', THREADS, 'Numbers of threads, each measured', {
      fallback: '1 and the number of cores',
    }),
    rounds: integer([1, 100], 'Fresh processes for each contender and workload', {
      fallback: '3; 1 or 2 for slow ones',
    }),
    seeds: integer([2, 1000], 'With --workloads joins: clips and streams that are compared', {
      fallback: '8; 4 with --quick',
    }),
    quick: flag('One round with few repetitions, for rough numbers'),
    memory: flag('Measures memory instead of speed: 30 minutes of speech compared with 30 seconds'),
    device: text('cuda:N', 'Measures a GPU: stages, graphs on and off, launches and copies a frame, memory'),
    'all-frames': flag('With --memory: renders all frames'),
  }),
  ...section('What with', {
    pack: text('DIR', 'The full pack', { fallback: 'one with weights from a formula, made once' }),
    checkpoints: text('DIR', 'The checkpoints of that pack, as .safetensors, for PyTorch and packs convert'),
    portrait: text('FILE', 'A picture', { fallback: "the example's" }),
    speech: text('FILE', 'A sound of 16 kHz', { fallback: "the example's" }),
  }),
  ...section('Results', {
    json: text(
      'FILE',
      'Writes machine, versions, all rows and ratios to a file, again after each measurement',
    ),
    continue: flag('Continues the stopped run in the file of --json'),
    chart: text('FILE', 'Draws the run, or with --from an earlier one, as .svg'),
    from: text('FILE', 'Measures nothing: reads a report that --json wrote'),
  }),
};

/** The options given to `bench`. */
export type BenchValues = Values<typeof BENCH_OPTIONS>;
