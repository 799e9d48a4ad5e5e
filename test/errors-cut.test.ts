import { inspect } from 'node:util';
import { KdtalkerError, Motion, Talker } from 'kdtalker';
import t from 'tap';
import { describe, quote } from '../dist/errors.js';
import { FrameSource, openSound, readPicture } from '../dist/media/index.js';

/** Half a megabyte, the form in which a page passes a photo. */
const DATA_URL = `data:image/jpeg;base64,${'QUFB'.repeat(131072)}`;
/** The same in words: nothing of it is long by itself. */
const TEXT = 'a photo in words '.repeat(32768);

async function errorOf(work: () => unknown): Promise<KdtalkerError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KdtalkerError) return error;
    throw error;
  }
  throw new Error('Expected an error');
}

t.test('no value fills a message, its causes or the log', async (t) => {
  for (const value of [DATA_URL, TEXT]) {
    const calls: Record<string, () => unknown> = {
      picture: () => readPicture(value),
      sound: () => openSound(value),
      video: () => FrameSource.open(value, { fps: 25, signal: undefined }),
      pack: () => Talker.load(value),
      motion: () => Motion.load(value),
      word: () => Talker.load('puppet', { precision: value as never }),
      bigint: () => Talker.load('puppet', { threads: BigInt(`1${'0'.repeat(9999)}`) as never }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await errorOf(call);
      t.ok(
        error.message.length < 1000,
        `${name}: ${error.message.length} characters, ${error.message.slice(0, 80)}`,
      );
      t.ok(inspect(error, { depth: 9 }).length < 10_000, `${name}: in the log`);
    }
  }
});

t.test('what is cut shows both ends', async (t) => {
  t.equal(quote('short'), "'short'");
  t.match(quote(`begin${'x'.repeat(9000)}end`), /^'beginx+\.\.\.x+end'$/);
  t.ok(quote('x'.repeat(9000)).length < 300);
  t.match(describe(10n ** 9000n), /^1000+\.\.\.0+ of type bigint$/);
  const error = new KdtalkerError('NATIVE', `Expected ${"'word' ".repeat(9000)}`);
  t.ok(error.message.length < 5000);
});

t.test('causes stay what they are where they are short', async (t) => {
  const cause = new Error('short');
  t.equal(new KdtalkerError('NATIVE', 'x', { cause }).cause, cause);
  t.equal(new KdtalkerError('NATIVE', 'x', { cause: 7 }).cause, 7);
  t.notOk('cause' in new KdtalkerError('NATIVE', 'x'));
  const system = Object.assign(new Error(`ENAMETOOLONG: stat '${DATA_URL}'`), {
    code: 'ENAMETOOLONG',
    path: DATA_URL,
  });
  const { cause: cut } = new KdtalkerError('NATIVE', 'x', { cause: system });
  t.match(cut, { code: 'ENAMETOOLONG', message: /^ENAMETOOLONG: stat/ });
});
