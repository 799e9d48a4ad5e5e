import { EventEmitter } from 'node:events';
import t from 'tap';
import { bytes, clock, definitions, duration, speed, table, wrap } from '../dist/cli/layout.js';
import { BarReporter, drawBar } from '../dist/cli/report/bar.js';
import { JsonReporter } from '../dist/cli/report/json.js';
import { drawLine, LineReporter } from '../dist/cli/report/lines.js';
import { Pacer } from '../dist/cli/report/pace.js';
import { QuietReporter } from '../dist/cli/report/quiet.js';
import type { StageProgress } from '../dist/cli/report/reporter.js';
import { Terminal } from '../dist/cli/terminal.js';
import { tellWarnings } from '../dist/cli/warnings.js';

/** A stream that keeps what is written to it. */
class Paper extends EventEmitter {
  text = '';
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
  ) {
    super();
  }
  write(part: string): boolean {
    this.text += part;
    return true;
  }
}

function desk(isTTY = false, environment: NodeJS.ProcessEnv = {}, columns = 80) {
  const out = new Paper(isTTY, columns);
  const err = new Paper(isTTY, columns);
  const time = { ms: 0 };
  const terminal = new Terminal(out, err, environment);
  return { out, err, terminal, time, now: () => time.ms };
}

const at = (stage: StageProgress['stage'], done: number, total: number | undefined = 100, fps = 25) =>
  ({ stage, done, total, fps }) as const;

t.test('the furthest stage is followed until a new pass begins', async (t) => {
  const { time, now } = desk();
  const pacer = new Pacer(now);
  t.match(pacer.advance(at('load', 0, 1, 0)), {
    stage: 'load',
    share: undefined,
    fps: undefined,
    left: undefined,
  });
  t.match(pacer.advance(at('audio', 1, 4, 0)), { stage: 'audio', share: 0.25, left: undefined });
  time.ms = 500;
  t.match(pacer.advance(at('audio', 2, 4, 0)), { share: 0.5, left: 1 });
  t.match(pacer.advance(at('encode', 10)), { stage: 'encode', share: 0.1, fps: 25, left: undefined });
  t.equal(pacer.advance(at('render', 20)), undefined);
  t.equal(pacer.advance(at('sample', 64)), undefined);
  time.ms = 1500;
  t.match(pacer.advance(at('encode', 60)), { left: 0.8 });
  t.match(pacer.advance({ stage: 'encode', done: 60, total: undefined, fps: 25 }), {
    share: undefined,
    left: undefined,
  });
  pacer.restart();
  t.match(pacer.advance(at('sample', 64)), { stage: 'sample' });
});

t.test('the bar is redrawn ten times a second at most and leaves the cursor as it was', async (t) => {
  const { err, out, terminal, time, now } = desk(true);
  const listeners = process.listenerCount('exit');
  const bar = new BarReporter(terminal, now);
  for (let ms = 0; ms < 1000; ms += 10) {
    time.ms = ms;
    bar.progress(at('encode', ms / 10));
  }
  t.equal(err.text.split('\r').length - 1, 10);
  t.ok(err.text.startsWith('\x1b[?25l'), 'hides the cursor');
  t.equal(process.listenerCount('exit'), listeners + 1, 'would bring it back at exit');
  bar.result((paint) => [`${paint('strong', 'talk.mp4')}: done`]);
  t.ok(err.text.endsWith('\r\x1b[2K\x1b[?25h'), 'clears the line and shows the cursor');
  t.equal(out.text, '\x1b[1mtalk.mp4\x1b[22m: done\n');
  t.equal(process.listenerCount('exit'), listeners);
  const before = err.text;
  bar.close();
  t.equal(err.text, before, 'closing again writes nothing');
});

t.test('the bar fits its line', async (t) => {
  const pace = { stage: 'encode', done: 80, total: 177, share: 80 / 177, fps: 63.12, left: 1.54 } as const;
  t.equal(drawBar(pace, 80), 'encode   [#############.................]   45 %   80/177  63.1 fps  ETA 0:02');
  t.equal(drawBar(pace, 60), 'encode   [#####.......]   45 %   80/177  63.1 fps  ETA 0:02');
  for (let columns = 10; columns < 100; columns++)
    t.ok(drawBar(pace, columns).length < columns, `${columns} columns`);
  const unknown = {
    stage: 'audio',
    done: 3,
    total: undefined,
    share: undefined,
    fps: undefined,
    left: undefined,
  } as const;
  t.equal(drawBar(unknown, 80), 'audio    3.0 s');
});

t.test('a pack being written is told in megabytes', async (t) => {
  const pace = {
    stage: 'write',
    done: 67.4e6,
    total: 703.2e6,
    share: 0.0958,
    fps: undefined,
    left: 4,
  } as const;
  t.equal(drawLine(pace), 'write 9 %: 67/703 MB, 4.00 s left');
  t.match(drawBar(pace, 80), /^write {4}\[#+\.+\] +9 % {3}67\/703 MB {2}ETA 0:04$/);
});

t.test('plain lines come a second and a tenth apart', async (t) => {
  const { err, terminal, time, now } = desk();
  const lines = new LineReporter(terminal, now);
  const say = (ms: number, progress: StageProgress) => {
    time.ms = ms;
    lines.progress(progress);
    return err.text.split('\n').length - 1;
  };
  t.equal(say(0, at('encode', 1)), 0, 'not at once');
  t.equal(say(999, at('encode', 50)), 0);
  t.equal(say(1000, at('encode', 51)), 1);
  t.equal(say(1500, at('encode', 80)), 1, 'not within a second');
  t.equal(say(3000, at('encode', 60)), 1, 'not within a tenth');
  t.equal(say(3000, at('encode', 61)), 2);
  t.equal(err.text.split('\n')[1], 'encode 61 %: 61/100, 25.0 fps, 1.95 s left');
  lines.failure({ code: 'NO_FACE', message: 'Expected a face' });
  t.ok(err.text.endsWith('kdtalker: NO_FACE: Expected a face\n'));
  t.equal(
    drawLine({ stage: 'load', done: 0, total: 1, share: undefined, fps: undefined, left: undefined }),
    'load',
  );
});

t.test('JSON lines hold the first and the last event of a stage and ten a second between', async (t) => {
  const { out, err, terminal, time, now } = desk();
  const json = new JsonReporter(terminal, now);
  for (let done = 1; done <= 100; done++) {
    time.ms = done * 10;
    json.progress(at('encode', done));
    json.progress({ ...at('render', done), total: undefined });
  }
  const events = () =>
    out.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const encoded = events().filter(({ stage }) => stage === 'encode');
  t.same(encoded[0], { event: 'progress', stage: 'encode', done: 1, total: 100, fps: 25 });
  t.match(encoded.at(-1), { done: 100 });
  t.equal(encoded.length, 11);
  t.ok(
    events()
      .filter(({ stage }) => stage === 'render')
      .every(({ total }) => total === null),
  );
  json.result(() => ['for people'], { file: 'talk.mp4' });
  json.failure({ code: 'NO_FACE', message: 'Expected a face', stack: 'at nowhere' });
  t.same(events().slice(-2), [
    { event: 'result', file: 'talk.mp4' },
    { event: 'error', code: 'NO_FACE', message: 'Expected a face' },
  ]);
  t.equal(err.text, 'at nowhere\n');
});

t.test('quiet prints failures only', async (t) => {
  const { out, err, terminal } = desk();
  const quiet = new QuietReporter(terminal);
  quiet.progress();
  quiet.result();
  t.equal(out.text + err.text, '');
  quiet.failure({ code: 'NO_FACE', message: 'Expected a face' });
  t.equal(err.text, 'kdtalker: NO_FACE: Expected a face\n');
});

t.test('colours only where a terminal shows them', async (t) => {
  t.equal(desk(true).terminal.paint('good', 'x'), '\x1b[32mx\x1b[39m');
  t.equal(desk(true).terminal.interactive, true);
  t.equal(desk(true, { NO_COLOR: '1' }).terminal.paint('good', 'x'), 'x');
  t.equal(desk(true, { NO_COLOR: '' }).terminal.paint('good', 'x'), '\x1b[32mx\x1b[39m');
  t.equal(desk(false).terminal.paint('good', 'x'), 'x');
  t.equal(desk(true, { TERM: 'dumb' }).terminal.paint('good', 'x'), 'x');
  t.equal(desk(true, { TERM: 'dumb' }).terminal.interactive, false);
});

t.test('a reader that went away is no error, anything else is one', async (t) => {
  const { out } = desk();
  t.doesNotThrow(() => out.emit('error', Object.assign(new Error('gone'), { code: 'EPIPE' })));
  t.throws(() => out.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' })), /full/);
});

t.test('numbers and tables for people', async (t) => {
  t.same([0.1, 9.99, 9.996, 59.9, 59.96, 3723].map(duration), [
    '0.10 s',
    '9.99 s',
    '10.0 s',
    '59.9 s',
    '1:00',
    '1:02:03',
  ]);
  t.same([0, 59.6, 3600].map(clock), ['0:00', '1:00', '1:00:00']);
  t.same([999, 1000, 999_499, 999_500, 1.5e9].map(bytes), ['999 B', '1 kB', '999 kB', '1.0 MB', '1.5 GB']);
  t.same([63.94, 2103.4].map(speed), ['63.9', '2103']);
  t.same(wrap('aa bb cccccc d', 5), ['aa bb', 'cccccc', 'd']);
  t.same(
    table([
      ['NAME', 'SIZE'],
      ['a', '1 kB'],
      ['long name', '12 kB'],
    ]),
    ['NAME        SIZE', 'a           1 kB', 'long name  12 kB'],
  );
  t.same(
    definitions([
      ['--a', 'x'],
      ['--much-too-long-for-the-column', 'y'],
    ]),
    ['  --a  x', '  --much-too-long-for-the-column', '       y'],
  );
});

t.test("the library's warnings are told in the reporter's way, others in Node's", async (t) => {
  const { out, terminal } = desk();
  const heard: string[] = [];
  const own = ({ message }: Error) => void heard.push(message);
  process.on('warning', own);
  t.teardown(() => process.off('warning', own));
  const others = process.listeners('warning').filter((listener) => listener !== own);
  for (const listener of others) process.off('warning', listener);
  const giveBack = tellWarnings(new JsonReporter(terminal));
  process.emitWarning('ours', { type: 'KdtalkerWarning', code: 'FFMPEG_OUTDATED' });
  process.emitWarning("Node's");
  await new Promise(setImmediate);
  giveBack();
  for (const listener of others) process.on('warning', listener);
  t.same(heard, ["Node's"]);
  t.same(JSON.parse(out.text), { event: 'warning', code: 'FFMPEG_OUTDATED', message: 'ours' });
  t.ok(process.listeners('warning').includes(own), 'given back');
});
