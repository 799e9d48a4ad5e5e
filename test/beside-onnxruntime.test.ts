// ONNX Runtime has one environment in a process, which we share with onnxruntime-node if it opened the same library.
import t from 'tap';
import { endedWith, runProgram } from './support/talker.js';

for (const when of ['before', 'after']) {
  t.test(
    `a talker works, closes and ends beside onnxruntime-node, whose session comes ${when} it`,
    async (t) => {
      const result = await runProgram('beside-onnxruntime', t.testdir(), { args: [when] });
      endedWith(t, result, 0, when);
      t.equal(result.stdout, '25 25 1\n');
    },
  );
}
