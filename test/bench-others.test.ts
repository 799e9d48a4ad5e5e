// Other programs in the bench of a GPU: their rows, and why one is left out. They run on the processor here, or are stand-ins.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPack } from 'kdtalker';
import t from 'tap';
import { setEnvironment } from './support/media.js';

interface Row {
  name: string;
  precision?: string;
  ms?: number;
  refused?: string;
}

const { contendersOnGpu } = (await import('../benchmarks/gpu/contenders.js' as string)) as {
  contendersOnGpu(given: object): Promise<Row[]>;
};
const { contenderLines } = (await import('../benchmarks/gpu/report.js' as string)) as {
  contenderLines(rows: Row[]): string[];
};
const pack = (await readPack('puppet')).directory;
const given = { pack, checkpoints: '/checkpoints', frames: 2, warm: 1 };

/** A program in the place of Python. */
function python(folder: string, script: string): string {
  const file = join(folder, 'python');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

t.test(
  'onnxruntime-node on the processor, and what a Python prints: rows, and a table of them',
  async (t) => {
    // Rows that say which program was asked for what; a library's chatter before them.
    const script = `echo chatter
case "$2" in
*'"compiled":true'*) echo '{"rows": [{"precision": "fp32", "ms": 4}, {"precision": "fp16", "ms": 2}]}' ;;
*'"device":"cpu"'*'"checkpoints":"/checkpoints"'*) echo '{"rows": [{"precision": "fp32", "ms": 8}]}' ;;
esac`;
    setEnvironment(t, { KDTALKER_PYTHON: python(t.testdir(), script) });
    const rows = await contendersOnGpu({ ...given, device: 'cpu' });
    t.match(rows, [
      { name: 'onnxruntime-node, CPU provider', precision: 'fp32', ms: Number },
      { name: 'PyTorch, CPU', precision: 'fp32', ms: 8 },
      { name: 'torch.compile, CPU', precision: 'fp32', ms: 4 },
      { name: 'torch.compile, CPU', precision: 'fp16', ms: 2 },
    ]);
    t.ok(rows[0]!.ms! > 0);
    const lines = contenderLines(rows);
    t.match(lines[0], /program +precision +ms of a frame +frames\/s/);
    t.match(lines.at(-1), /torch\.compile, CPU +fp16 +2(\.0+)? +500/);
  },
);

t.test('each failure is one sentence', async (t) => {
  const why = async (script: string) => {
    setEnvironment(t, { KDTALKER_PYTHON: python(t.testdir(), script) });
    const rows = await contendersOnGpu({ ...given, device: 'cuda:0' });
    t.match(rows[0], { name: 'onnxruntime-node, CUDA provider', refused: /^[^\n]+$/ });
    t.equal(rows[1]!.name, 'PyTorch');
    t.equal(contenderLines(rows).length, 3);
    return rows[1]!.refused;
  };
  t.equal(await why(`echo '{"refused": "PyTorch 2 finds no GPU"}'`), 'PyTorch 2 finds no GPU');
  t.equal(await why('echo Traceback >&2; echo "ImportError: no torch" >&2; exit 1'), 'ImportError: no torch');
  t.match(await why('echo nothing'), /^it printed no result \(.*\)$/);
  t.equal(await why('kill -9 $$'), 'it was ended by SIGKILL');
  setEnvironment(t, { KDTALKER_PYTHON: '/nowhere/python' });
  t.match((await contendersOnGpu({ ...given, device: 'cuda' }))[2]!.refused, /ENOENT/);
});
