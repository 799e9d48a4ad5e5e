import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { events, printed, run, start } from './support/cli.js';
import { writeRetargeting, writeWav2lip } from './support/released.js';

t.test('packs synthesize makes a pack that the other commands know', async (t) => {
  const cwd = t.testdir();
  const made = await run(['packs', 'synthesize', '--salt', 'a "b"', '--out', 'new/pack', '--json'], { cwd });
  t.equal(made.code, 0, made.stderr);
  const all = events(made);
  const progress = all.filter(({ event }) => event === 'progress');
  t.ok(progress.length > 2);
  t.match(progress[0], { stage: 'write', fps: 0 });
  t.equal(progress.at(-1)!.done, progress.at(-1)!.total, 'the end is told');
  const directory = join(cwd, 'new/pack');
  t.match(all.at(-1), { event: 'result', pack: 'kdtalker-synthetic', version: '1.0.0', directory });
  const { bytes } = all.at(-1) as unknown as { bytes: number };
  t.ok(bytes > 690e6 && bytes < 720e6, 'weights are counted');

  const info = await run(['packs', 'info', 'new/pack', '--json'], { cwd });
  t.match(events(info)[0], {
    pack: { name: 'kdtalker-synthetic', bytes, licence: { nonCommercial: false } },
  });
  const verified = await run(['packs', 'verify', 'new/pack', '--json'], { cwd });
  const last = events(verified).at(-1) as unknown as { files: { bytes: number }[]; fingerprints: number };
  const { files, fingerprints } = last;
  t.equal(fingerprints, 11, 'every network gives the numbers it gave when the pack was made');
  t.equal(files.length, 22, 'graphs and weights');
  t.equal(
    files.reduce((sum, file) => sum + file.bytes, 0),
    bytes,
  );

  const again = await run(['packs', 'synthesize', '--salt', 'x', '--out', 'new/pack'], { cwd });
  t.match(again, {
    code: 2,
    stdout: '',
    stderr: /INVALID_ARGUMENT: Expected a new or empty folder .* not empty/,
  });
});

t.test('Ctrl-C leaves nothing of a pack', async (t) => {
  const cwd = t.testdir();
  const running = start(['packs', 'synthesize', '--salt', 'x', '--out', 'pack', '--json'], { cwd });
  await printed(running, /progress/);
  running.child.kill('SIGINT');
  t.match(await running.ended, { code: 130 });
  t.same(readdirSync(cwd), []);
});

t.test('what is not given is asked for', async (t) => {
  const needed = {
    synthesize: ['--salt TEXT', '--out DIR'],
    convert: ['--kdtalker FILE', '--wav2lip FILE', '--liveportrait DIR', '--out DIR'],
  };
  for (const [command, options] of Object.entries(needed)) {
    for (const option of options) {
      const others = options.filter((other) => other !== option).map((other) => other.split(' ')[0]!);
      const ended = await run(['packs', command, ...others.flatMap((other) => [other, 'x'])]);
      t.match(ended, { code: 2, stdout: '' });
      const line = `Expected ${option} but received none. See 'kdtalker packs ${command} --help'`;
      t.ok(ended.stderr.includes(line), ended.stderr);
    }
  }
});

t.test('packs convert says which file is missing or wrong', async (t) => {
  const cwd = t.testdir({ empty: {} });
  const convert = (...more: string[]) => {
    const given = [
      '--kdtalker',
      'wav2lip.pth',
      '--wav2lip',
      'wav2lip.pth',
      '--liveportrait',
      '.',
      '--out',
      'pack',
    ];
    return run(['packs', 'convert', ...given, ...more], { cwd });
  };
  writeWav2lip(join(cwd, 'wav2lip.pth'));
  t.match(await convert('--liveportrait', 'empty'), {
    code: 1,
    stdout: '',
    stderr: /FILE_NOT_FOUND: .* in empty, .* motion_extractor\.pth.*docs\/models\.md/,
  });
  for (const name of [
    'appearance_feature_extractor',
    'motion_extractor',
    'warping_module',
    'spade_generator',
  ])
    writeRetargeting(join(cwd, `${name}.pth`));
  writeRetargeting(join(cwd, 'stitching_retargeting_module.pth'));
  t.match(await convert('--kdtalker', 'nothing.pth'), { code: 1, stderr: /FILE_NOT_FOUND: .*nothing\.pth/ });
  t.match(await convert('--norm', 'nothing.npz'), { code: 1, stderr: /FILE_NOT_FOUND: .*nothing\.npz/ });
  t.match(await convert('--insightface', 'empty'), {
    code: 1,
    stderr: /FILE_NOT_FOUND: .* in empty, .* det_10g\.onnx, 2d106det\.onnx.*docs\/models\.md/,
  });
  writeFileSync(join(cwd, 'landmark.onnx'), 'no network');
  t.match(await convert(), { code: 1, stderr: /CHECKPOINT_INVALID: .*landmark\.onnx.*is it the right file/ });
  rmSync(join(cwd, 'landmark.onnx'));
  const wrong = await convert('--json');
  t.equal(wrong.code, 1);
  t.match(events(wrong), [
    { event: 'error', code: 'CHECKPOINT_INVALID', message: /tensors of appearance_feature_extractor/ },
  ]);
  t.notOk(readdirSync(cwd).includes('pack'));
});
