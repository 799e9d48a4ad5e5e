import { BENCH_OPTIONS } from '../bench/options.js';
import { defineCommand } from '../command.js';

export const command = defineCommand({
  summary: 'Measure the speed of every stage, of ONNX Runtime and of PyTorch',
  usage: '[options]',
  about: [
    'First, the output of each contender is compared with the float32 reference. Then every round measures all contenders in turn, each ' +
      'in a process of its own. PyTorch is measured if KDTALKER_PYTHON names a Python that has it.',
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
