import { PassThrough } from 'node:stream';
import t from 'tap';
import { askForConsent, requireTerminal } from '../dist/cli/consent.js';

const QUESTION = { lines: ['a.pth  MIT', 'b.pth  CC BY-NC'], text: 'Do you accept?' };

/** Two ends of a terminal. */
function terminal({ inputTTY = true, outputTTY = true } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY: inputTTY });
  const output = Object.assign(new PassThrough(), { isTTY: outputTTY });
  return { input, output };
}

t.test('only a yes is one', async (t) => {
  const answers: [answer: string, accepted: boolean][] = [
    ['y\n', true],
    ['YES\n', true],
    [' yes \n', true],
    ['\n', false],
    ['n\n', false],
    ['yesterday\n', false],
    ['no\ny\n', false],
  ];
  for (const [answer, accepted] of answers) {
    const dialogue = terminal();
    dialogue.input.write(answer);
    const signal = new AbortController().signal;
    t.equal(await askForConsent(QUESTION, signal, dialogue), accepted, JSON.stringify(answer));
    const said = String(dialogue.output.read());
    t.match(said, /^a\.pth {2}MIT\nb\.pth {2}CC BY-NC\nDo you accept\? \[y\/N\] /);
  }
});

t.test('the end of the input is a no', async (t) => {
  const dialogue = terminal();
  dialogue.input.end();
  t.equal(await askForConsent(QUESTION, new AbortController().signal, dialogue), false);
});

t.test('a question can be aborted, and listens to nothing afterwards', async (t) => {
  const dialogue = terminal();
  const stop = new AbortController();
  const asking = askForConsent(QUESTION, stop.signal, dialogue);
  stop.abort();
  await t.rejects(asking, { code: 'ABORTED' });
  await t.rejects(askForConsent(QUESTION, stop.signal, dialogue), { code: 'ABORTED' });
  t.equal(dialogue.input.listenerCount('data'), 0);
});

t.test('both ends have to be a terminal', async (t) => {
  const missing = { code: 'INVALID_ARGUMENT', message: /Expected --yes, or a terminal/ };
  t.throws(() => requireTerminal('--yes', terminal({ inputTTY: false })), missing);
  t.throws(() => requireTerminal('--yes', terminal({ outputTTY: false })), missing);
  t.doesNotThrow(() => requireTerminal('--yes', terminal()));
});
