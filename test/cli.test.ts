import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readPack, Talker } from 'kdtalker';
import t, { type Test } from 'tap';
import { ANIMATE_OPTIONS } from '../dist/cli/animate/options.js';
import { planAnimate } from '../dist/cli/animate/plan.js';
import { optionsOf, readArguments } from '../dist/cli/arguments.js';
import { commandHelp, groupHelp } from '../dist/cli/help.js';
import type { OptionTable } from '../dist/cli/option.js';
import { allCommands, find } from '../dist/cli/registry.js';
import { CROP_KINDS } from '../dist/face/crop/index.js';
import { nearest } from '../dist/suggest.js';
import { planClip } from '../dist/talker/clip/clip-options.js';
import { checkSaveOptions } from '../dist/talker/clip/save-options.js';

const commands = await allCommands();
const animate = commands.find(([name]) => name === 'kdtalker animate')![1];
const read = (...argv: string[]) => readArguments('kdtalker animate', animate, argv);

function refuses(t: Test, call: () => unknown, message: string | RegExp): void {
  const expected =
    message instanceof RegExp ? { code: 'INVALID_ARGUMENT', message } : { code: 'INVALID_ARGUMENT' };
  t.throws(call, expected, String(message));
  if (typeof message !== 'string') return;
  try {
    call();
  } catch (error) {
    t.equal((error as Error).message, message);
  }
}

t.test('every command is found by its words', async (t) => {
  const names = commands.map(([name]) => name);
  for (const name of ['animate', 'demo', 'doctor', 'packs info', 'packs list', 'packs verify']) {
    t.ok(names.includes(`kdtalker ${name}`), name);
    const found = await find([...name.split(' '), '--json', 'x']);
    t.match(found, { kind: 'command', name: `kdtalker ${name}`, rest: ['--json', 'x'] });
  }
  t.match(await find(['packs', '--help']), { kind: 'group', name: 'kdtalker packs', rest: ['--help'] });
  t.match(await find([]), { kind: 'group', name: 'kdtalker', rest: [] });
  await t.rejects(find(['animat']), { code: 'INVALID_ARGUMENT', message: /Did you mean animate\?/ });
  await t.rejects(find(['packs', 'lst']), { code: 'INVALID_ARGUMENT', message: /Did you mean list\?/ });
  await t.rejects(find(['xyzzy']), { message: /See 'kdtalker --help'/ });
});

t.test('help names every option and fits into 80 columns', async (t) => {
  const groups = [await find([]), await find(['packs'])].flatMap((found) =>
    found.kind === 'group' ? [found] : [],
  );
  t.equal(groups.length, 2);
  const pages = [...groups.map(groupHelp), ...commands.map(([name, command]) => commandHelp(name, command))];
  for (const page of pages) for (const line of page.split('\n')) t.ok(line.length <= 80, line);
  for (const [name, command] of commands) {
    const page = commandHelp(name, command);
    for (const option of Object.keys(optionsOf(command)))
      t.match(page, new RegExp(`^  (-\\w, )?--${option}( |$)`, 'm'));
    t.match(page, /^Examples:\n {2}kdtalker /m);
  }
});

t.test('the examples of the help are valid command lines', async (t) => {
  for (const [name, command] of commands) {
    for (const line of command.examples) {
      t.ok(line.startsWith(name), line);
      const words = line
        .slice(name.length)
        .split(' ')
        .filter((word) => word !== '');
      t.doesNotThrow(() => readArguments(name, command, words), line);
    }
  }
});

t.test('docs/command.md tells of every command and every option', async (t) => {
  const page = readFileSync(fileURLToPath(new URL('../docs/command.md', import.meta.url)), 'utf8');
  for (const [name, command] of commands) {
    t.ok(page.includes(name.replace('kdtalker ', '')), name);
    for (const option of Object.keys(optionsOf(command))) t.ok(page.includes(`--${option}`), `--${option}`);
  }
  const told = [...page.matchAll(/^\| `--([a-z-]+)`/gm)].map(([, option]) => option!);
  const known = new Set(commands.flatMap(([, command]) => Object.keys(optionsOf(command))));
  for (const option of told) t.ok(known.has(option), `--${option} exists`);
});

t.test('values are read by the table', async (t) => {
  const { values } = read(
    ...[
      '--portrait',
      'a b.jpg',
      '--speech=-x.wav',
      '--seed',
      '18446744073709551615',
      '--steps=25',
      '--still',
    ],
    ...['--pose-offset', '-10,0.5,3', '--eta', '.5', '--face', '2', '--box', '-4,0,100,120', '--steps', '30'],
  );
  t.strictSame(values, {
    portrait: 'a b.jpg',
    speech: '-x.wav',
    seed: 18446744073709551615n,
    steps: 30,
    still: true,
    'pose-offset': [-10, 0.5, 3],
    eta: 0.5,
    face: 2,
    box: [-4, 0, 100, 120],
  });
  t.strictSame(read('--face', 'center').values, { face: 'center' });
  t.equal(read('--nonsense', '--help').help, true);
  t.equal(read('-h').help, true);
});

t.test('wrong command lines are told in one sentence', async (t) => {
  const cases: [argv: string[], message: string | RegExp][] = [
    [['--protrait', 'x'], 'Expected a known option but received --protrait. Did you mean --portrait?'],
    [['--poseScale', '1'], 'Expected a known option but received --poseScale. Did you mean --pose-scale?'],
    [['--audio', 'x'], 'Expected a known option but received --audio. Did you mean --speech?'],
    [['--output=x'], 'Expected a known option but received --output. Did you mean --out?'],
    [['-x'], "Expected a known option but received -x. See 'kdtalker animate --help'"],
    [['--toString'], /Expected a known option but received --toString/],
    [['--seed'], 'Expected N for --seed but received nothing'],
    [['--portrait', '--speech', 'x'], 'Expected FILE for --portrait but received the option --speech'],
    [['--portrait='], "Expected FILE for --portrait but received ''"],
    [['--still=yes'], "Expected no value for --still but received 'yes'"],
    [['--steps', '1.5'], "Expected an integer from 1 to 1000 for --steps but received '1.5'"],
    [['--steps', '1001'], /from 1 to 1000/],
    [['--eta', 'NaN'], "Expected a number from 0 to 1 for --eta but received 'NaN'"],
    [['--eta', ''], /Expected a number from 0 to 1/],
    [['--eta', '0x1'], /Expected a number from 0 to 1/],
    [['--seed', '-1'], "Expected an integer from 0 to 2^64 - 1 for --seed but received '-1'"],
    [['--seed', '18446744073709551616'], /2\^64 - 1/],
    [['--pose-offset', '1,2'], "Expected 3 numbers (YAW,PITCH,ROLL) for --pose-offset but received '1,2'"],
    [['--pose-offset', '1,2,31'], "Expected a number from -30 to 30 for --pose-offset but received '31'"],
    [['--box', '1,2,3,x'], "Expected a number for --box but received 'x'"],
    [
      ['--face', 'biggest'],
      "Expected 'largest', 'center' or an index from 0 for --face but received 'biggest'",
    ],
    [['--mode', 'abs'], "Expected one of absolute, relative for --mode but received 'abs'"],
    [
      ['face.jpg'],
      "Expected no more words for 'kdtalker animate' but received 'face.jpg'. See 'kdtalker animate --help'",
    ],
    [['--', '--still'], /Expected no more words for 'kdtalker animate' but received '--still'/],
  ];
  for (const [argv, message] of cases) refuses(t, () => read(...argv), message);
  const [name, verify] = commands.find(([full]) => full === 'kdtalker packs verify')!;
  refuses(
    t,
    () => readArguments(name, verify, []),
    /Expected NAME for 'kdtalker packs verify' but received nothing/,
  );
  refuses(t, () => readArguments(name, verify, ['a', 'b']), /no more words .* received 'b'/);
});

t.test('the nearest name is suggested, and none where none is near', async (t) => {
  const names = ['--portrait', '--pose-scale', '--pose-offset', '--out', '--seed', '--speech'];
  for (const [typed, meant] of [
    ['--protrait', '--portrait'],
    ['--pose_scale', '--pose-scale'],
    ['--posescale', '--pose-scale'],
    ['--pose', '--pose-scale'],
    ['--output', '--out'],
    ['--sed', '--seed'],
    ['--speach', '--speech'],
    ['--xyzzy', undefined],
    ['--', undefined],
    ['--a', undefined],
  ] as const) {
    t.equal(nearest(typed, names), meant, `${typed} means ${meant}`);
  }
});

t.test('stitching is asked for, switched off, or left to the library', async (t) => {
  const files = { portrait: 'face.png', motion: 'nod.json', out: 'talk.mp4' };
  const planned = async (values: object) => (await planAnimate({ ...files, ...values })).options;
  t.equal((await planned({ stitch: true })).stitch, true);
  t.equal((await planned({ 'no-stitch': true })).stitch, false);
  t.notOk('stitch' in (await planned({ frame: 'full' })));
});

t.test('ratios and the silence gate have the same bounds in the table and in the library', async (t) => {
  const { manifest } = await readPack('puppet');
  const { roles } = manifest;
  const able = {
    ...manifest,
    roles: { ...roles, eye: roles.audio, lip: roles.audio },
  } as unknown as typeof manifest;
  const table: OptionTable = ANIMATE_OPTIONS;
  const options = {
    eyes: (eyes: number) => ({ eyes }),
    lips: (lips: number) => ({ lips }),
    'silence-threshold': (threshold: number) => ({ silenceGate: { threshold } }),
    'silence-after': (after: number) => ({ silenceGate: { after } }),
  };
  for (const [name, make] of Object.entries(options)) {
    const [low, high] = table[name]!.range!;
    for (const value of [low, high])
      t.doesNotThrow(() => planClip(make(value), able, false), `${name} takes ${value}`);
    for (const value of [low - 1, high + 1]) refuses(t, () => planClip(make(value), able, false), /Expected/);
  }
});

t.test('the table of animate and the library have the same bounds and words', async (t) => {
  const { manifest } = await readPack('puppet');
  const free = { ...manifest, sampler: { ...manifest.sampler, fixedWindow: false } };
  const plan = (options: object) => planClip(options, free, false);
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const table: OptionTable = ANIMATE_OPTIONS;
  const accepts = (name: string, value: unknown) =>
    t.doesNotThrow(() => plan({ [camel(name)]: value }), `${name} takes ${value}`);
  const wordsOf = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return [.../Expected (.*?) for /.exec((error as Error).message)![1]!.matchAll(/'(.*?)'/g)].map(
        ([, word]) => word,
      );
    }
    return [];
  };
  for (const name of ['steps', 'window', 'eta', 'pose-scale', 'expression-scale', 'smoothing']) {
    const [low, high] = table[name]!.range!;
    for (const value of [low, high]) accepts(name, value);
    for (const value of [low - 1, high + 1]) refuses(t, () => plan({ [camel(name)]: value }), /Expected/);
  }
  for (const name of ['sampler', 'mode', 'blink', 'region', 'frame']) {
    t.same(
      wordsOf(() => plan({ [name]: '?' } as object)),
      table[name]!.choices,
      name,
    );
  }
  const [low, high] = table['pose-offset']!.range!;
  for (const yaw of [low, high]) accepts('poseOffset', { yaw });
  for (const yaw of [low - 1, high + 1]) refuses(t, () => plan({ poseOffset: { yaw } }), /Expected/);
  for (const crf of table.crf!.range!) t.doesNotThrow(() => checkSaveOptions({ crf }));
  for (const crf of [-1, 64]) refuses(t, () => checkSaveOptions({ crf }), /Expected/);
  t.same(
    wordsOf(() => checkSaveOptions({ preset: '?' } as object)),
    table.preset!.choices,
  );
  t.same(table.crop!.choices, CROP_KINDS);
  for (const threads of [0, 257])
    await t.rejects(Talker.load('puppet', { threads }), { code: 'INVALID_ARGUMENT' });
  t.same(table.threads!.range, [1, 256]);
});
