import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type PullFile, type PullOptions, pullPack } from '../dist/packs/kdtalker/pull.js';
import { RELEASED_FILES, type ReleasedFile } from '../dist/packs/kdtalker/released-files.js';
import { readPack, rolesOf } from '../dist/packs/pack.js';
import { events, type Running, run, start } from './support/cli.js';
import { TestHub } from './support/hub.js';
import { names } from './support/media.js';
import { tinyReleased } from './support/released.js';

const ARGUMENTS = ['packs', 'pull', 'kdtalker', '--out', 'pack'];
const CONTENTS = tinyReleased();
const WARPING = RELEASED_FILES.find(({ source }) => source === 'warping_module')!;
const FIRST = RELEASED_FILES[0]!;
const LAST = RELEASED_FILES.at(-1)!;

/** A hub with small files of the released names and shapes, and an empty folder. */
async function scene(t: Test) {
  const hub = await TestHub.start(t);
  for (const { source, repository, path } of RELEASED_FILES) hub.put(repository, path, CONTENTS[source]);
  const cwd = t.testdir();
  const surroundings = { cwd, env: { HF_ENDPOINT: hub.url, HF_TOKEN: undefined } };
  const pull = (options: Partial<PullOptions> = {}) =>
    pullPack({ endpoint: hub.url, directory: join(cwd, 'pack'), acceptLicences: true, ...options });
  const delivered = () => hub.requests.filter(({ server }) => server === 'cdn').length;
  return { hub, cwd, surroundings, pull, delivered };
}

const fault = (hub: TestHub, { repository, path }: ReleasedFile, what: Parameters<TestHub['fault']>[2]) =>
  hub.fault(repository, path, what);

/** Waits until this many bytes of a file have been downloaded; throws if the command ends before. */
async function arrived({ child }: Running, path: string, bytes: number): Promise<void> {
  const folder = dirname(path);
  const parts = () =>
    (existsSync(folder) ? names(folder) : []).filter((name) => name.startsWith(basename(path)));
  const there = () => parts().some((name) => statSync(join(folder, name)).size === bytes);
  while (!there()) {
    if (child.exitCode !== null) throw new Error(`Expected ${bytes} bytes of ${path} before the end`);
    await pause(10);
  }
}

t.test('a pack from the hub, over a cut connection', async (t) => {
  const { hub, cwd, surroundings } = await scene(t);
  fault(hub, WARPING, { cutAfter: 3000, times: 1 });
  const ended = await run([...ARGUMENTS, '--accept-licences', '--json'], surroundings);
  t.equal(ended.code, 0, ended.stderr);
  const all = events(ended);
  const total = Object.values(CONTENTS).reduce((sum, { length }) => sum + length, 0);
  const { files } = all[0] as unknown as { files: PullFile[] };
  t.equal(all[0]!.event, 'licences', 'comes before anything is downloaded');
  t.same(
    files.map(({ path, bytes }) => [path, bytes]),
    RELEASED_FILES.map(({ source, path }) => [path, CONTENTS[source].length]),
  );
  for (const file of files) t.match(file, { licence: /./, sha256: /^[0-9a-f]{64}$/, repository: /\// });
  t.same(
    files.filter(({ nonCommercial }) => nonCommercial).map(({ licence }) => licence.split(' ')[0]),
    ['CC', 'research'],
  );
  const stages = all.filter(({ event }) => event === 'progress').map(({ stage }) => stage);
  t.same([...new Set(stages)], ['download', 'write', 'check']);
  const downloads = all.filter(({ stage }) => stage === 'download');
  t.match(downloads.at(-1), { done: total, total });
  t.match(hub.ranges(WARPING.path), [undefined, /^bytes=[1-9]\d*-$/]);

  t.match(all.at(-1), { event: 'result', pack: 'kdtalker', licence: { nonCommercial: true } });
  t.same(readdirSync(cwd), ['pack'], 'the downloads are gone');
  const { manifest } = await readPack(join(cwd, 'pack'));
  for (const [role, { fingerprint }] of rolesOf(manifest)) t.ok(fingerprint, role);
});

t.test('without a terminal the licences have to be accepted in advance', async (t) => {
  const { hub, cwd, surroundings } = await scene(t);
  t.match(await run(ARGUMENTS, surroundings), {
    code: 2,
    stdout: '',
    stderr:
      /INVALID_ARGUMENT: Expected --accept-licences, or a terminal on which to ask, but received neither\n$/,
  });
  t.same(hub.requests, []);
  t.same(readdirSync(cwd), []);
});

t.test('what is accepted in advance is listed for people, too', async (t) => {
  const { hub, surroundings } = await scene(t);
  fault(hub, FIRST, { status: 401 });
  const ended = await run([...ARGUMENTS, '--accept-licences'], surroundings);
  t.match(ended, { code: 1, stdout: '', stderr: /DOWNLOAD_DENIED: .*ckpts\/KDTalker\.pth .*HF_TOKEN/ });
  for (const { path, licence } of RELEASED_FILES) {
    const name = basename(path, '.pth');
    const line = ended.stderr.split('\n').find((text) => text.startsWith(name))!;
    t.ok(line.includes(licence), line);
  }
  t.match(ended.stderr, /non-commercial use only/);
});

t.test('refused licences: nothing is downloaded', async (t) => {
  const { cwd, pull, delivered } = await scene(t);
  let asked: readonly PullFile[] = [];
  const refusals: PullOptions['acceptLicences'][] = [
    false,
    () => false,
    async (files) => {
      asked = files;
      return false;
    },
  ];
  for (const acceptLicences of refusals)
    await t.rejects(pull({ acceptLicences }), { code: 'LICENCE_REFUSED' });
  t.equal(asked.length, RELEASED_FILES.length);
  t.equal(delivered(), 0);
  t.same(readdirSync(cwd), []);
});

t.test('Ctrl-C keeps what has come, and the next run goes on with it', async (t) => {
  const { hub, cwd, surroundings, pull } = await scene(t);
  fault(hub, WARPING, { hangAfter: 3000 });
  const running = start([...ARGUMENTS, '--accept-licences', '--json'], surroundings);
  // Progress is reported ten times a second, so the last bytes before the hang may never be reported.
  await arrived(running, join(cwd, 'pack.download', WARPING.path), 3000);
  running.child.kill('SIGINT');
  t.match(await running.ended, { code: 130, stdout: /"code":"ABORTED"/ });
  t.same(readdirSync(cwd), ['pack.download']);
  t.notOk(existsSync(join(cwd, 'pack.download', WARPING.path)));

  hub.requests.length = 0;
  fault(hub, WARPING, undefined);
  fault(hub, LAST, { status: 403 });
  await t.rejects(pull(), { code: 'DOWNLOAD_DENIED' });
  t.same(hub.ranges(WARPING.path), ['bytes=3000-']);
  t.same(hub.ranges(FIRST.path), [], 'whole files are not asked for again');
  const brought = join(cwd, 'pack.download', WARPING.path);
  t.ok(readFileSync(brought).equals(CONTENTS.warping_module));
  t.notOk(existsSync(join(cwd, 'pack')));
});

t.test('a corrupted file ends it; nothing has its name', async (t) => {
  const { hub, cwd, pull } = await scene(t);
  const send = Buffer.from(CONTENTS.wav2lip);
  send[send.length >> 1]! ^= 255;
  const wav2lip = RELEASED_FILES.find(({ source }) => source === 'wav2lip')!;
  fault(hub, wav2lip, { send });
  await t.rejects(pull(), { code: 'DOWNLOAD_DAMAGED', message: /ckpts\/wav2lip\.pth/ });
  t.same(readdirSync(join(cwd, 'pack.download/ckpts')), ['KDTalker.pth']);
  t.notOk(existsSync(join(cwd, 'pack')));
});

t.test('files that are not what their names say are kept, and other files are left alone', async (t) => {
  const { hub, cwd, pull } = await scene(t);
  hub.put(FIRST.repository, FIRST.path, CONTENTS.wav2lip);
  const downloads = join(cwd, 'mine');
  mkdirSync(downloads);
  writeFileSync(join(downloads, 'notes.txt'), 'mine');
  await t.rejects(pull({ downloads }), { code: 'CHECKPOINT_INVALID', message: /tensors of kdtalker/ });
  t.same(readdirSync(downloads).sort(), ['ckpts', 'liveportrait', 'notes.txt']);
  t.same(readdirSync(cwd), ['mine']);
});

t.test('a file that is gone, a hub that is gone', async (t) => {
  const { hub, pull } = await scene(t);
  hub.renamed.set('KwaiVGI/LivePortrait', 'Elsewhere/LivePortrait');
  await t.rejects(pull(), {
    code: 'DOWNLOAD_FAILED',
    message: /liveportrait\/.*status 404, it is not there/,
  });
  await t.rejects(pull({ endpoint: 'http://127.0.0.1:1' }), { code: 'DOWNLOAD_FAILED' });
});

t.test('aborted before, and while the licences are asked about', async (t) => {
  const { hub, cwd, pull, delivered } = await scene(t);
  await t.rejects(pull({ signal: AbortSignal.abort() }), { code: 'ABORTED' });
  t.same(hub.requests, []);
  const stop = new AbortController();
  const acceptLicences = () => {
    stop.abort();
    return true;
  };
  await t.rejects(pull({ signal: stop.signal, acceptLicences }), { code: 'ABORTED' });
  t.equal(delivered(), 0);
  t.same(readdirSync(cwd), []);
});

t.test('what is wrong is said before the hub is asked', async (t) => {
  const { hub, cwd, surroundings, pull } = await scene(t);
  mkdirSync(join(cwd, 'pack'));
  writeFileSync(join(cwd, 'pack/file'), '');
  await t.rejects(pull(), { code: 'INVALID_ARGUMENT', message: /not empty/ });
  for (const wrong of [{ directory: '' }, { downloads: '' }, { acceptLicences: 'yes' }, { token: 'x' }])
    await t.rejects(pull(wrong as Partial<PullOptions>), { code: 'INVALID_ARGUMENT' });
  const other = ['packs', 'pull', 'puppet', '--out', 'other', '--accept-licences'];
  t.match(await run(other, surroundings), { code: 2, stderr: /Expected kdtalker for NAME.*'puppet'/ });
  t.match(await run(['packs', 'pull', 'kdtalker', '--accept-licenses'], surroundings), {
    code: 2,
    stderr: /Did you mean --accept-licences\?/,
  });
  t.same(hub.requests, []);
});
