// Evaluations with judges, whose weights are made by formula: what LSE, diversity, FID and CSIM do, not how large they are.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addJudges, evaluate } from 'kdtalker';
import t from 'tap';
import { SyncJudge } from '../dist/evaluate/sync/sync-judge.js';
import { FaceFinder } from '../dist/face/faces.js';
import { changed, recording, resultFiles, smallBench } from './support/bench.js';
import { printed, run, start } from './support/cli.js';
import { goldenCase, near } from './support/golden-eval.js';
import { LISTS, writeJudge } from './support/judges.js';
import { fails } from './support/media.js';
import { randoms } from './support/talker.js';

const FRAMES = 8;
const folder = t.testdir();
const videos = join(folder, 'videos');
const judges = join(folder, 'judges');
const released = (name: string, list = name) => writeJudge(join(folder, `${name}.pth`), list);
const bench = await prepared();
const real = join(bench, 'anna/real.mp4');

async function prepared(): Promise<string> {
  const take = await recording(t, join(folder, 'takes'), FRAMES);
  mkdirSync(videos);
  copyFileSync(take, join(videos, 'anna.mp4'));
  await addJudges({
    out: judges,
    files: {
      syncnet: released('syncnet'),
      hopenet: released('hopenet'),
      inception: released('inception'),
      arcface: released('arcface', 'arcface_r50'),
    },
  });
  return smallBench(folder, videos);
}

function method(name: string, ...args: readonly string[]): string {
  mkdirSync(join(folder, name));
  changed(real, join(folder, name, 'anna.mp4'), ...args);
  return join(folder, name);
}

/** Means by methods and metrics. */
async function measured(
  out: string,
  methods: Record<string, string>,
  more: { lse?: 'track' | 'whole' } = {},
) {
  const evaluation = await evaluate({ bench, judges, methods, out: join(folder, out), threads: 2, ...more });
  const { table } = evaluation;
  const of = (name: string) => table.methods.find((entry) => entry.name === name)!.metrics;
  return { table, of, files: resultFiles(join(folder, out)) };
}

const STILL = "select='eq(n,0)',loop=-1:1,setpts=N/25/TB";

goldenCase('judges measure, and a stopped run ends with the same bytes', [LISTS], async (t) => {
  const methods = {
    same: method('same', '-c', 'copy'),
    frozen: method('frozen', '-vf', STILL, '-frames:v', `${FRAMES}`, '-crf', '12'),
  };
  const { table, of, files } = await measured('whole', methods);
  const value = (name: string, metric: keyof ReturnType<typeof of>) => of(name)[metric].mean!;
  for (const metric of [
    'lseC',
    'lseD',
    'lseOffset',
    'diversity',
    'diversityYaw',
    'headPitch',
    'csim',
  ] as const) {
    t.ok(Number.isFinite(value('real', metric)), `${metric}: ${value('real', metric)}`);
    t.equal(value('same', metric), value('real', metric), `the same video has the same ${metric}`);
  }
  near(t, [value('real', 'csimPaired'), value('same', 'csimPaired')], [1, 1], 1e-6, 'CSIM with itself');
  t.ok(value('frozen', 'csimPaired') < 1 - 1e-6 && value('frozen', 'csim') <= 1, 'not with another frame');
  t.ok(value('frozen', 'diversity') < value('same', 'diversity'), 'frozen frames have no diversity');
  const axes = ['diversityYaw', 'diversityPitch', 'diversityRoll'] as const;
  const sum = axes.reduce((total, axis) => total + value('same', axis), 0);
  near(t, [value('same', 'diversity')], [sum / 3], 1e-12, 'the mean of the axes');
  const { fid } = of('frozen');
  t.ok(fid.mean! > 0 && fid.low === undefined, `FID of frozen frames: ${fid.mean}`);
  t.ok(Math.abs(of('same').fid.mean!) < 1e-6 * fid.mean!, `FID of the same frames: ${of('same').fid.mean}`);
  t.same(of('real').fid.why, { 'the real videos are what FID compares with': 1 });

  const finder = await FaceFinder.open();
  const options = { finder, threads: 1, signal: undefined };
  const judge = await SyncJudge.open(join(folder, 'syncnet.pth'), options);
  const alone = await judge.score(real, undefined);
  await Promise.all([judge.close(), finder.close()]);
  t.same(
    [value('real', 'lseC'), value('real', 'lseD'), value('real', 'lseOffset')],
    [alone!.lseC, alone!.lseD, alone!.offset],
  );

  t.match(files['table.md'], /\| LSE-C \(`lseC`\) \| higher \| .* \| 8\.243 \| 7\.326 \|/);
  t.match(table.notes.join('\n'), /calibration: LSE-C of the real videos is/);
  t.match(table.notes.join('\n'), /judge arcface: arcface\.pth, SHA-256 [0-9a-f]{12}/);
  t.match(table.notes.join('\n'), /LSE: faces are found by the library's own detector, not by S3FD/);
  t.match(table.notes.join('\n'), /FID of frozen: 8 real frames and 8 of its own; with under 2048/);
  t.match(files['scores.csv'], /lseOffset,/);

  const lines = files['results.jsonl']!;
  const unit = lines.indexOf('{"clip":"anna","method":"frozen"');
  for (const [cut, lost] of [
    [unit, 'fid'],
    [unit + 100, 'real'],
    [lines.length, 'none'],
  ] as const) {
    writeFileSync(join(folder, 'whole/results.jsonl'), lines.slice(0, cut));
    rmSync(join(folder, 'whole', lost), { recursive: true, force: true });
    t.same((await measured('whole', methods)).files, files, `cut at ${cut} without ${lost}`);
    const kept = readdirSync(join(folder, 'whole/fid'));
    t.equal(kept.length, 3, `sums of each method once: ${kept}`);
  }
  const without = () => evaluate({ bench, methods, out: join(folder, 'whole') });
  await fails(t, without, 'INVALID_ARGUMENT', /Expected the results of the same bench/);
});

goldenCase('LSE of whole frames; videos without sound, without a face, of one frame', [LISTS], async (t) => {
  const given = {
    mute: method('mute', '-c:v', 'copy', '-an'),
    blind: method('blind', '-vf', 'drawbox=t=fill', '-c:a', 'copy'),
    moment: method('moment', '-frames:v', '1'),
  };
  const small = join(folder, 'sync-only');
  await addJudges({ out: small, files: { syncnet: join(folder, 'syncnet.pth') } });
  const results = async (out: string, lse: 'track' | 'whole') => {
    const { table } = await evaluate({ bench, judges: small, methods: given, out: join(folder, out), lse });
    return (name: string) => table.methods.find((entry) => entry.name === name)!.metrics;
  };
  const [track, whole] = [await results('track', 'track'), await results('squeezed', 'whole')];
  t.equal(track('mute').lseD.mean, track('real').lseD.mean, 'without a sound of its own the speech is heard');
  t.not(whole('real').lseD.mean, track('real').lseD.mean);
  t.ok(whole('blind').lseD.mean! > 0, 'whole frames need no face');
  t.match(track('blind').lseC.why, {
    'no face is large enough for long enough, or there is too little sound': 1,
  });
  t.match(whole('moment').lseC.why, { 'there are too few frames, or too little sound': 1 });
  t.match(track('real').diversity.why, { 'needs hopenet': 1 });
  const again = await evaluate({
    ...{ bench, judges: small, methods: {}, out: join(folder, 'again'), lseReencode: true },
  });
  const lseD = again.table.methods[0]!.metrics.lseD.mean!;
  t.ok(lseD > 0 && lseD !== track('real').lseD.mean, `encoded again: ${lseD}`);
  t.match(again.table.notes.join('\n'), /LSE: pictures were encoded again/);
  const other = () => results('track', 'whole');
  await fails(t, other, 'INVALID_ARGUMENT', /which belongs to others/);
});

/** Kills of a run with judges, each a process that loads them. Ten: KDTALKER_LONG=1 npx tap test/evaluate-with-judges.test.ts */
const KILLS = process.env.KDTALKER_LONG ? 10 : 2;

goldenCase('killed again and again, with judges', [LISTS], async (t) => {
  const few = join(folder, 'few');
  await addJudges({
    out: few,
    files: { syncnet: join(folder, 'syncnet.pth'), inception: join(folder, 'inception.pth') },
  });
  const methods = ['k1', 'k2'].map((name) => `${name}=${method(name, '-crf', name === 'k1' ? '20' : '40')}`);
  const command = [
    ...['evaluate', 'score', '--bench', bench, '--judges', few, '--lse', 'whole', '--json'],
    ...methods.flatMap((given) => ['--method', given]),
    ...['--out', join(folder, 'killed')],
  ];
  const random = randoms(9);
  for (let kill = 0; kill < KILLS; kill++) {
    const running = start(command);
    await printed(running, new RegExp(`"done":[${Math.floor(3 * random())}-9]|"event":"result"`));
    running.child.kill('SIGKILL');
    await running.ended;
  }
  const ended = await run(command);
  t.equal(ended.code, 0, ended.stderr);
  const at = command.indexOf(join(folder, 'killed'));
  t.equal((await run(command.with(at, join(folder, 'unharmed')))).code, 0);
  t.same(resultFiles(join(folder, 'killed')), resultFiles(join(folder, 'unharmed')));
  t.match(JSON.parse(readFileSync(join(folder, 'killed/table.json'), 'utf8')), {
    methods: [
      { name: 'real' },
      { metrics: { fid: { mean: Number } } },
      { metrics: { fid: { mean: Number } } },
    ],
  });
});
