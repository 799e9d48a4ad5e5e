import { BENCH_OPTIONS } from '../bench/options.js';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  summary: 'Measure every stage against ONNX Runtime and PyTorch',
  usage: '[options]',
  about: [
    'Output is compared with the float32 reference first; then each contender runs in a process of its own, in rounds that go around ' +
      'them. PyTorch takes part where KDTALKER_PYTHON names a Python that has it.',
  ],
  options: BENCH_OPTIONS,
  examples: [
    'kdtalker bench',
    'kdtalker bench --quick --workloads puppet',
    'kdtalker bench --workloads full/frame,full/sample --json run.json',
    'kdtalker bench --from run.json --chart bench.svg',
  ],
  async run(values, _operands, context) {
    const { bench } = await import('../bench/bench.js');
    return bench(values, context);
  },
});
