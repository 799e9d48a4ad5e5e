import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, utimesSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesizePack, Talker } from 'kdtalker';
import t from 'tap';
import { sweepLeftovers, temporaryName } from '../dist/files/leftovers.js';
import { ownMark, stateOf } from '../dist/files/process-mark.js';
import { renewTemporary, TemporaryPath } from '../dist/files/temporary-path.js';
import { FrameStore, openVideo } from '../dist/media/index.js';
import { start } from './support/cli.js';
import { names, gone as noProcess, setEnvironment } from './support/media.js';
import { smallPack } from './support/small-pack.js';
import { portraitFile, runProgram, speechWav } from './support/talker.js';

const SHAPE = { width: 64, height: 48, fps: 25, frames: 3 };
const parts = (folder: string) => names(folder).filter((name) => name.endsWith('.part'));

/** A program that is killed in the middle of something, and what the next run in the same folder does. */
const KILLED: Record<string, { where: string; next: (folder: string) => Promise<unknown> }> = {
  video: { where: '.', next: async (folder) => (await openVideo(`${folder}/other.mp4`, SHAPE)).abort() },
  frames: { where: 'frames', next: async (folder) => (await openVideo(`${folder}/frames/`, SHAPE)).abort() },
  source: { where: 'tmp', next: async () => (await FrameStore.create()).close() },
  sound: { where: 'tmp', next: async () => (await FrameStore.create()).close() },
  lowering: {
    where: 'cache',
    next: async (folder) => (await Talker.load(join(folder, 'small'))).close(),
  },
  pack: { where: '.', next: synthesizeAndStop },
};

async function synthesizeAndStop(folder: string): Promise<void> {
  const stop = new AbortController();
  const options = { salt: 'x', fingerprint: false, signal: stop.signal, onProgress: () => stop.abort() };
  await synthesizePack({ ...options, directory: join(folder, 'other') }).catch(() => {});
}

for (const [what, { where, next }] of Object.entries(KILLED)) {
  t.test(`killed with ${what}: the next run sweeps`, async (t) => {
    const folder = t.testdir({ tmp: {} });
    smallPack(join(folder, 'small'), 2);
    const env = { TMPDIR: join(folder, 'tmp'), KDTALKER_CACHE: join(folder, 'cache') };
    const killed = await runProgram('killed', folder, { args: [what], env });
    t.equal(killed.signal, 'SIGKILL', killed.stderr);
    await noProcess(`.kdtalker-${killed.pid}-`); // its ffmpeg ends a moment later, and may just have begun to write
    const left = parts(join(folder, where));
    t.ok(left.length > 0, `left: ${left.join()}`);
    setEnvironment(t, env);
    await next(folder);
    t.same(parts(join(folder, where)), [], 'swept');
  });
}

t.test('a file of a process that runs stays until that is killed', async (t) => {
  const folder = t.testdir();
  const file = fileURLToPath(new URL('./programs/killed.mjs', import.meta.url));
  const child = spawn(process.execPath, [file, 'living'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      KDTALKER_TEST_PORTRAIT: portraitFile,
      KDTALKER_TEST_SPEECH: speechWav(folder, 3),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const [part] = parts(folder);
  t.ok(part);
  await runProgram('sweep', folder, { args: [folder] });
  t.same(parts(folder), [part], 'another process leaves it alone');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await noProcess(part!); // as above
  await runProgram('sweep', folder, { args: [folder] });
  t.same(parts(folder), []);
});

t.test('killed in a benchmark: the next run sweeps', async (t) => {
  const folder = t.testdir();
  const watcher = watch(folder);
  t.teardown(() => watcher.close());
  const change = once(watcher, 'change');
  const { child, ended } = start(['bench', '--quick', '--workloads', 'puppet/load'], {
    env: { TMPDIR: folder },
  });
  await Promise.race([change, ended]);
  child.kill('SIGKILL');
  t.equal((await ended).signal, 'SIGKILL', (await ended).stderr);
  t.match(names(folder), [/^\.bench\.kdtalker-/]);
  await runProgram('sweep', folder, { args: [folder] });
  t.same(parts(folder), []);
});

t.test('what is whose', async (t) => {
  const folder = t.testdir();
  const name = temporaryName('talk.mp4');
  const { pid, start, origin } = ownMark();
  const marked = (mark: string) => name.replace(`kdtalker-${pid}-${start}-${origin}`, `kdtalker-${mark}`);
  const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000);
  const kept = {
    [name]: 'this process',
    [marked(`${process.ppid}-${startOf(process.ppid)}-${origin}`)]: 'another that runs',
    [marked(`${pid}-${start}-00000000`)]: 'another container or machine',
    [name.replace('kdtalker-', 'other-')]: 'another program',
    '.talk.mp4.part': 'another program',
    'talk.part': 'another program',
    [`${marked(`999999-1-${origin}`)}.bak`]: 'a copy',
  };
  const swept = {
    [marked(`${pid}-${Number(start) + 1}-${origin}`)]: 'an id that was given again',
    [marked(`${pid}-${start}-11111111`)]: 'another container that has not touched it for long',
  };
  for (const file of [...Object.keys(kept), ...Object.keys(swept)]) writeFileSync(join(folder, file), '');
  utimesSync(join(folder, Object.keys(swept)[1]!), days(8), days(8));
  for (const file of Object.keys(kept).slice(-4)) utimesSync(join(folder, file), days(99), days(99));
  await sweepLeftovers(folder);
  t.same(names(folder), Object.keys(kept).sort(), 'the others are gone');
});

t.test('folders are swept too, once in each process', async (t) => {
  const folder = t.testdir();
  const { pid, start, origin } = ownMark();
  const gone = () => {
    const name = temporaryName('pack').replace(`${pid}-${start}-`, `${pid}-${Number(start) + 1}-`);
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'a.onnx'), origin);
    return name;
  };
  gone();
  await sweepLeftovers(folder);
  t.same(names(folder), []);
  const later = gone();
  await sweepLeftovers(folder);
  t.same(names(folder), [later], 'what came later is the next process’s');
  await t.resolves(sweepLeftovers(join(folder, 'missing')), 'a folder that is not there');
});

t.test('zombies have ended', async (t) => {
  // The shell starts a child and becomes a program that never asks for it; only then the child may end.
  const shell = spawn('sh', ['-c', '(read line <&3) & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  t.teardown(() => shell.kill('SIGKILL'));
  const [said] = (await once(shell.stdout!, 'data')) as [Buffer];
  const pid = Number(String(said));
  const start = startOf(pid);
  while (!/^sleep/.test(readFileSync(`/proc/${shell.pid}/comm`, 'latin1'))) await new Promise(setImmediate);
  shell.stdio[3]!.destroy();
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await new Promise(setImmediate);
  t.equal(stateOf({ ...ownMark(), pid, start }), 'gone');
});

t.test('a living process renews its files for those who cannot ask', async (t) => {
  const folder = t.testdir();
  const place = await TemporaryPath.makeFile(folder, 'long');
  const long = new Date(0);
  utimesSync(place.path, long, long);
  await renewTemporary();
  const { origin } = ownMark();
  const other = place.path.replace(origin, origin === '00000000' ? '11111111' : '00000000');
  renameSync(place.path, other);
  await sweepLeftovers(folder);
  t.equal(names(folder).length, 1);
  await place.remove();
});

function startOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]!;
}
