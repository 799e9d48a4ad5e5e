import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { BIN, events, PORTRAIT, plainEnvironment, printed, speechFile, start } from './support/cli.js';
import { names, processesWith } from './support/media.js';

/** Long enough to run until it is interrupted. */
const SECONDS = 60;
const UNDER_WAY = /"stage":"encode","done":(?!1,)/;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  t.test(`${signal} in the middle of a clip leaves no file and no child`, async (t) => {
    const cwd = t.testdir();
    speechFile(cwd, SECONDS);
    const out = join(cwd, 'talk.mp4');
    const running = start(
      ['animate', '--portrait', PORTRAIT, '--speech', 'speech.wav', '--out', out, '--json'],
      { cwd },
    );
    await printed(running, UNDER_WAY);
    t.equal(processesWith(`${cwd}/.talk.mp4`).length, 1, 'an encoder runs');
    t.equal(names(cwd).length, 2, 'into a temporary file');
    running.child.kill(signal);
    const ended = await running.ended;
    t.match(ended, { code, signal: null, stderr: '' });
    t.match(events(ended).at(-1), { event: 'error', code: 'ABORTED', message: `Stopped by ${signal}` });
    t.same(names(cwd), ['speech.wav']);
    t.same(processesWith(cwd), []);
  });
}

t.test('an older file of the same name is still there', async (t) => {
  const cwd = t.testdir({ 'talk.webm': 'old' });
  speechFile(cwd, SECONDS);
  const running = start(
    ['animate', '--portrait', PORTRAIT, '--speech', 'speech.wav', '--out', 'talk.webm', '--json'],
    { cwd },
  );
  await printed(running, UNDER_WAY);
  running.child.kill('SIGINT');
  t.match(await running.ended, { code: 130 });
  t.same(names(cwd), ['speech.wav', 'talk.webm']);
});

t.test('the second Ctrl-C does not wait', async (t) => {
  const script = `
    import { Interrupt } from ${JSON.stringify(new URL('../dist/cli/interrupt.js', import.meta.url).href)};
    const interrupt = new Interrupt();
    interrupt.listen();
    interrupt.signal.addEventListener('abort', () => console.log(interrupt.signal.reason.code));
    process.on('exit', () => console.log('cleaned up'));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: plainEnvironment() });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (/ready\n$|ABORTED\n$/.test(text)) child.kill('SIGINT');
  });
  t.same(await once(child, 'close'), [130, null]);
  t.equal(text, 'ready\nABORTED\ncleaned up\n');
});

const HIDE = '\x1b[?25l';
const SHOW = '\x1b[?25h';
const CLEAR = '\r\x1b[2K';
const hasScript = spawnSync('script', ['--version']).status === 0;
t.test(
  'a terminal gets one line and its cursor back',
  { skip: !hasScript && 'needs script of util-linux' },
  async (t) => {
    const cwd = t.testdir();
    const speech = speechFile(cwd, 1);
    const line = `${process.execPath} ${BIN} animate --portrait ${PORTRAIT} --speech ${speech} --out talk.mp4`;
    const env = { ...plainEnvironment(), TERM: 'xterm', COLUMNS: '80' };
    const { stdout, status } = spawnSync('script', ['-qec', line, '/dev/null'], {
      cwd,
      env,
      encoding: 'utf8',
    });
    t.equal(status, 0, stdout);
    t.ok(stdout.startsWith(`${HIDE}${CLEAR}load`), 'hides the cursor and draws');
    t.ok(
      stdout.includes(`${CLEAR}${SHOW}\x1b[1mtalk.mp4\x1b[22m: 25 frames`),
      'clears the line, shows the cursor, says the result',
    );
    t.equal(stdout.split('\n').length, 2, 'one line stays');
  },
);

t.test('signals are left alone once a command has ended', async (t) => {
  const { main } = await import('../dist/cli/main.js');
  const before = process.listenerCount('SIGINT');
  t.equal(await main(['packs', 'info', 'nothing', '--quiet']), 1);
  t.equal(process.listenerCount('SIGINT'), before);
});
