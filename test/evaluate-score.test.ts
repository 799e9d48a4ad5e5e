import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from 'kdtalker';
import t from 'tap';
import { changed, recording, resultFiles, scored, smallBench } from './support/bench.js';
import { events, run } from './support/cli.js';
import { fails, ffmpeg } from './support/media.js';
import { plainPack } from './support/plain-pack.js';

/** Of a whole video. */
const FRAMES = 8;
const folder = t.testdir();
const videos = join(folder, 'videos');
const take = await recording(t, join(folder, 'takes'), FRAMES);
mkdirSync(videos);
copyFileSync(take, join(videos, 'anna.mp4'));
const bench = await smallBench(folder, videos);
const real = join(bench, 'anna/real.mp4');

/** Repeats the first picture. */
const STILL = "select='eq(n,0)',loop=-1:1,setpts=N/25/TB";

/** A method's folder with a changed copy of the real video. */
function method(name: string, ...args: readonly string[]): string {
  mkdirSync(join(folder, name));
  changed(real, join(folder, name, 'anna.mp4'), ...args);
  return join(folder, name);
}

t.test(
  'blur, compression, frozen frames and late pictures move the metrics in their directions',
  async (t) => {
    const methods = {
      same: method('same', '-c', 'copy'),
      blur1: method('blur1', '-vf', 'gblur=sigma=1', '-crf', '12'),
      blur2: method('blur2', '-vf', 'gblur=sigma=2', '-crf', '12'),
      small1: method('small1', '-crf', '32'),
      small2: method('small2', '-crf', '44'),
      frozen: method('frozen', '-vf', STILL, '-frames:v', `${FRAMES}`, '-crf', '12'),
      mute: method('mute', '-c:v', 'copy', '-an'),
    };
    const { means, table } = await scored(join(folder, 'directions'), bench, methods);
    const of = (metric: string, ...names: string[]) => names.map((name) => means(name)[metric]!);
    const falls = (values: number[], what: string) =>
      t.ok(
        values.every((value, i) => i === 0 || value < values[i - 1]!),
        `${what}: ${values}`,
      );
    for (const [name, value] of Object.entries(means('real')))
      if (value !== undefined) t.equal(means('same')[name], value, `same: ${name}`);
    t.ok(means('same').lmd! < 1e-6, 'the same video has no distance');
    t.equal(means('same').lipSyncScore, 1);
    falls(of('cpbd', 'same', 'blur1', 'blur2'), 'CPBD with blur');
    falls(of('cpbd', 'same', 'small1', 'small2'), 'CPBD with compression');
    falls(of('lmd', 'small2', 'small1', 'same'), 'LMD with less compression');
    falls(of('lipDynamics', 'same', 'frozen'), 'lips of frozen frames');
    t.ok(means('frozen').lipDynamics! < 0.2 * means('same').lipDynamics!, 'hardly move');
    falls(of('lipSync', 'frozen', 'same'), 'lip-sync');
    falls(of('lmd', 'frozen', 'same'), 'LMD of frozen frames');
    t.equal(means('mute').soundOffset, undefined);
    t.same(table.methods.at(-1)!.metrics.soundOffset.why, { 'the video has no sound': 1 });
    t.equal(means('same').soundOffset, 0);
    t.equal(table.methods[0]!.metrics.lseC.mean, undefined, 'without a judge there is no number');
    t.same(table.methods[0]!.metrics.lseC.why, { 'needs syncnet': 1 });
  },
);

t.test('any size, rate, length and codec; times and notes', async (t) => {
  const other = join(folder, 'other');
  mkdirSync(other);
  ffmpeg(
    '-stream_loop',
    '1',
    '-i',
    real,
    '-vf',
    'scale=300:200',
    '-r',
    '50',
    '-c:v',
    'mpeg4',
    '-q:v',
    '2',
    join(other, 'anna.avi'),
  );
  writeFileSync(join(other, 'times.json'), '{"anna":{"generate":2,"whole":4}}');
  const short = method('short', '-frames:v', '5', '-crf', '12');
  const { table, means } = await scored(join(folder, 'any'), bench, { other, short });
  t.same([means('other').fps, means('other').fpsWhole], [FRAMES / 2, FRAMES / 4]);
  t.equal(means('short').seconds, 0.2);
  t.match(table.methods[0]!.metrics.cpbd, { count: 1, low: undefined }, 'one video has no interval');
  t.match(table.notes, [
    /calibration: CPBD/,
    /other, anna: longer than the clip: only its first 8 frames count/,
    /short, anna: shorter than the clip: 5 frames of 8/,
  ]);
  t.ok(means('other').lmd! < 0.03, `${means('other').lmd}: points are compared at the size of the video`);
  t.match(
    readFileSync(join(folder, 'any/results/report.html'), 'utf8'),
    /^<!doctype html>[\s\S]*data:image\/jpeg/,
  );
  const page = readFileSync(join(folder, 'any/results/report.html'), 'utf8');
  t.notMatch(page, /https?:/);
  t.equal(
    page.match(/<table class="frames">/g)?.length,
    1,
    'a clip is shown once, whatever it is the worst of',
  );
  t.match(page, /<h3>CPBD[\s\S]*<h3>LMD[\s\S]*<table class="frames">/);
  t.notMatch(page, /<th title="[^"]*">CSIM</, 'what nobody measured has no row');
});

t.test('a run that was stopped goes on, with the same bytes; what changed is measured again', async (t) => {
  const plain = { bench, methods: { ours: method('ours', '-crf', '20') }, out: join(folder, 'whole') };
  await evaluate(plain);
  const wanted = resultFiles(plain.out);
  const out = join(folder, 'stopped');
  const lines = wanted['results.jsonl']!;
  for (const cut of [10, lines.length - 1, lines.length]) {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(join(out, 'real'), { recursive: true });
    writeFileSync(join(out, 'results.jsonl'), lines.slice(0, cut));
    let frames = 0;
    await evaluate({
      ...plain,
      out,
      onProgress: () => {
        frames += 1;
      },
    });
    t.same(resultFiles(out), wanted, `cut at ${cut}`);
    t.ok(cut < lines.length || frames === 0, 'complete results are not measured again');
  }
  writeFileSync(join(folder, 'ours/times.json'), '{"anna":2}');
  let again = 0;
  const timed = await evaluate({ ...plain, onProgress: () => void again++ });
  t.same(
    [again, timed.table.methods[1]!.metrics.fps.mean],
    [0, FRAMES / 2],
    'speed follows times.json alone',
  );
  const fresh = join(folder, 'timed');
  await evaluate({ ...plain, out: fresh });
  t.same(resultFiles(plain.out), resultFiles(fresh), 'the same bytes as a run that began with it');
  rmSync(join(folder, 'ours/times.json'));
  await evaluate(plain);
  t.same(resultFiles(plain.out), wanted);
  changed(real, join(folder, 'ours/anna2.mp4'), '-crf', '40');
  copyFileSync(join(folder, 'ours/anna2.mp4'), join(folder, 'ours/anna.mp4'));
  const { table } = await evaluate(plain);
  t.not(resultFiles(plain.out)['results.jsonl'], lines);
  t.equal(table.methods[1]!.metrics.cpbd.count, 1);
  const foreign = { ...plain, methods: { theirs: plain.methods.ours } };
  await fails(
    t,
    () => evaluate(foreign),
    'INVALID_ARGUMENT',
    /Expected the results of the same bench, methods and options/,
  );
});

t.test('results that something else has changed are refused', async (t) => {
  const plain = { bench, methods: {}, out: join(folder, 'changed') };
  await evaluate(plain);
  const file = join(plain.out, 'results.jsonl');
  const lines = readFileSync(file, 'utf8');
  writeFileSync(file, lines.replace('"metric":"cpbd"', 'metric cpbd'));
  await fails(t, () => evaluate(plain), 'INVALID_ARGUMENT', /which belongs to others/);
});

t.test('an abort ends the run; nothing but whole lines remains', async (t) => {
  const out = join(folder, 'aborted');
  const controller = new AbortController();
  const stop = () => controller.abort();
  const running = evaluate({
    bench,
    methods: { same: join(folder, 'same') },
    out,
    signal: controller.signal,
    onProgress: stop,
  });
  await fails(t, () => running, 'ABORTED', /Evaluating/);
  t.notOk(existsSync(join(out, 'table.json')));
  t.match(readFileSync(join(out, 'results.jsonl'), 'utf8'), /^\{"format":"kdtalker-scores".*\}\n$/);
});

t.test('a hostile folder: each a line, never the end of the run', async (t) => {
  const given = join(folder, 'given');
  mkdirSync(given);
  for (const name of ['text', 'moment', 'blind', 'cut', 'turned', 'rates', 'three', 'gone'])
    copyFileSync(take, join(given, `${name}.mp4`));
  writeFileSync(join(given, 'notes.mp4'), 'not a video');
  const all = await smallBench(join(folder, 'hostile'), given, 0.2);
  t.match(JSON.parse(readFileSync(join(all, 'bench.json'), 'utf8')), {
    skipped: [
      {
        name: 'notes',
        why: 'VIDEO_UNREADABLE: The bytes are not a video that can be decoded, or it has no pictures',
      },
    ],
  });
  const bad = join(folder, 'bad');
  mkdirSync(bad);
  const file = (name: string) => join(bad, `${name}.mp4`);
  writeFileSync(file('text'), 'not a video');
  changed(take, file('moment'), '-frames:v', '1', '-an');
  ffmpeg('-f', 'lavfi', '-i', 'color=c=gray:s=128x128:r=25', '-frames:v', '5', file('blind'));
  writeFileSync(file('cut'), readFileSync(take).subarray(0, 20_000));
  changed(take, file('turned'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90');
  changed(take, file('rates'), '-vf', "setpts='N/25/TB+mod(N,3)*0.01'", '-vsync', 'vfr', '-crf', '12');
  changed(take, file('three'), '-vf', 'scale=256:256,split=3[a][b][c];[a][b][c]hstack=3', '-crf', '12');
  const { table } = await scored(join(folder, 'hostile'), all, { bad });
  const lines = readFileSync(join(folder, 'hostile/results/results.jsonl'), 'utf8').trim().split('\n');
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const frames = Object.fromEntries(
    parsed.flatMap((line) => (line.method === 'bad' && 'frames' in line ? [[line.clip, line.frames]] : [])),
  );
  t.same(frames, { text: 0, moment: 1, blind: 5, cut: frames.cut, turned: 5, rates: 5, three: 5, gone: 0 });
  const value = (clip: string, metric: string) =>
    parsed.find((line) => line.clip === clip && line.method === 'bad' && line.metric === metric);
  t.match(value('text', 'cpbd'), { value: null, why: /^VIDEO_UNREADABLE/ });
  t.match(value('gone', 'cpbd'), { value: null, why: 'there is no video of this clip' });
  t.match(value('blind', 'lmd'), { value: null, why: 'no face was found' });
  t.match(value('blind', 'cpbd'), { value: 0 });
  t.match(value('moment', 'browDynamics'), { value: null, why: /no two frames/ });
  t.match(value('three', 'faces'), { value: 1 });
  t.equal(table.methods[1]!.metrics.cpbd.missing >= 2, true);
});

t.test('poses, with a pack whose motion network sees them', async (t) => {
  const pack = await plainPack(join(folder, 'pack'), { readsYaw: true });
  const posed = { bench, methods: { same: join(folder, 'same') }, out: join(folder, 'posed') };
  const { table } = await evaluate({ ...posed, pack });
  const { mean } = table.methods[1]!.metrics.poseDeviation;
  t.ok(mean! > 0 && mean! < 20, `${mean}`);
  const other = await plainPack(join(folder, 'other-pack'), {});
  await fails(t, () => evaluate({ ...posed, pack: other }), 'INVALID_ARGUMENT', /which belongs to others/);
});

t.test('kdtalker evaluate score', async (t) => {
  const out = join(folder, 'typed');
  const args = [
    'evaluate',
    'score',
    '--bench',
    bench,
    '--method',
    `same=${join(folder, 'same')}`,
    '--out',
    out,
  ];
  const failed = await run([
    ...args,
    '--json',
    '--fail-if',
    'cpbd<0.9',
    '--fail-if',
    'same.lmd>1',
    '--fail-if',
    'lseC<1',
  ]);
  t.equal(failed.code, 1, failed.stderr);
  t.match(events(failed).at(-1), {
    event: 'result',
    failures: [/^cpbd<0.9: cpbd of same is 0/, 'lseC<1: lseC of same was not measured'],
  });
  const passed = await run([...args, '--fail-if', 'cpbd<0.0001']);
  t.equal(passed.code, 0, passed.stderr);
  t.match(passed.stdout, /METRIC +BETTER +REAL +SAME\nCPBD +higher +0/);
  for (const [wrong, pattern] of [
    [['--fail-if', 'cpdb<1'], /Did you mean 'cpbd'/],
    [['--fail-if', 'cpbd=1'], /a condition such as 'cpbd<0.2'/],
    [['--method', 'nonsense'], /Expected NAME=DIR for --method/],
    [['--method', 'same=x'], /Expected different names/],
    [['--method', 'real=x'], /not 'real'/],
  ] as const) {
    const { code, stderr } = await run([...args, ...wrong]);
    t.equal(code, 2);
    t.match(stderr, pattern);
  }
  t.match((await run([...args.slice(0, 3), folder, ...args.slice(4)])).stderr, /has no bench.json/);
});
