// What `npm install --omit=optional` leaves out: sharp's binary and the ffmpeg of a package.
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { events, run } from './support/cli.js';

const HIDE = fileURLToPath(new URL('./programs/hide-packages.mjs', import.meta.url));
const env = { HIDDEN_PACKAGES: '@img/sharp @ffmpeg-installer', NODE_OPTIONS: `--import=${HIDE}` };

t.test("without sharp's binary a portrait is an error that names the package and the command", async (t) => {
  const cwd = t.testdir();
  const args = ['animate', '--portrait', fileURLToPath(new URL('../examples/portrait.png', import.meta.url))];
  const speech = fileURLToPath(new URL('../examples/speech.wav', import.meta.url));
  const { code, stderr } = await run([...args, '--speech', speech, '--out', 'frames/'], { cwd, env });
  t.not(code, 0);
  t.match(
    stderr,
    /kdtalker: PACKAGE_INCOMPLETE: Expected the package sharp .*npm install --include=optional sharp/,
  );
});

t.test('the doctor says the same', async (t) => {
  const ended = await run(['doctor', '--json'], { env });
  t.equal(ended.code, 1, ended.stderr);
  const { checks } = events(ended)[0] as unknown as { checks: { name: string }[] };
  t.match(
    checks.find(({ name }) => name === 'sharp'),
    {
      state: 'missing',
      found: /package sharp/,
      advice: 'Run: npm install --include=optional sharp',
      details: { code: 'PACKAGE_INCOMPLETE' },
    },
  );
});
