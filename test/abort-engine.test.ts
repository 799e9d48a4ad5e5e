import { getEventListeners } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readPack, synthesizePack, Talker, verifyPack } from 'kdtalker';
import t, { type Test } from 'tap';
import { longCall } from '../dist/abort.js';
import { type Binding, native } from '../dist/binding.js';
import { pullPack } from '../dist/packs/kdtalker/pull.js';
import { RELEASED_FILES } from '../dist/packs/kdtalker/released-files.js';
import { TestHub } from './support/hub.js';
import { names, setEnvironment } from './support/media.js';
import { tinyReleased } from './support/released.js';
import { smallPack } from './support/small-pack.js';
import { loadBoth, loadTalker, portraitFile, speech, speechWav } from './support/talker.js';

const REASON = new Error('enough');
const ABORTED = { code: 'ABORTED', cause: REASON };

/** Makes a call of the engine, and delays its result until the test releases it. */
function hold(t: Test, name: keyof Binding) {
  const binding = native() as unknown as Record<string, (...args: unknown[]) => unknown>;
  const own = binding[name]!;
  let [called, letGo] = [() => {}, () => {}];
  const begun = new Promise<void>((resolve) => {
    called = resolve;
  });
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  binding[name] = async (...args) => {
    const result = own(...args);
    called();
    await held;
    return result;
  };
  const restore = () => {
    binding[name] = own;
  };
  t.teardown(restore);
  return { begun, letGo, restore };
}

/** Counts the calls of one of the engine's functions. */
function counted(t: Test, name: keyof Binding): () => number {
  const binding = native() as unknown as Record<string, (...args: unknown[]) => unknown>;
  const own = binding[name]!;
  let count = 0;
  binding[name] = (...args) => {
    count++;
    return own(...args);
  };
  t.teardown(() => {
    binding[name] = own;
  });
  return () => count;
}

/** A call is aborted while the engine works for it, and rejects before the engine has ended. */
async function rejectsWhileHeld(
  t: Test,
  name: keyof Binding,
  start: (signal: AbortSignal) => Promise<unknown>,
): Promise<() => void> {
  const { begun, letGo, restore } = hold(t, name);
  const stop = new AbortController();
  const work = start(stop.signal);
  await Promise.race([begun, work]);
  stop.abort(REASON);
  await t.rejects(work, ABORTED, `${name} is not waited for`);
  t.equal(getEventListeners(stop.signal, 'abort').length, 0, 'no listener is kept');
  restore();
  return letGo;
}

t.test('what the engine cannot stop is not waited for, and is let go of when it comes', async (t) => {
  const folder = t.testdir();
  const { talker, portrait } = await loadBoth(t);
  await portrait.save(join(folder, 'face'));
  const puppet = await readPack('puppet');
  const wav = speechWav(folder, 4);
  const works: [keyof Binding, (signal: AbortSignal) => Promise<unknown>, (keyof Binding)?][] = [
    ['openTalker', (signal) => Talker.load('puppet', { signal }), 'closeTalker'],
    ['preparePortrait', (signal) => talker.portrait(portraitFile, { signal }), 'closePortrait'],
    ['restorePortrait', (signal) => talker.loadPortrait(join(folder, 'face'), { signal }), 'closePortrait'],
    ['portraitTensors', (signal) => portrait.save(join(folder, 'again'), { signal })],
    ['readPictureMotion', (signal) => talker.motionFromVideo(portraitFile, { crop: 'none', signal })],
    ['nextTrace', (signal) => talker.trace(portraitFile, wav, { signal }), 'closeTrace'],
    ['openSession', (signal) => verifyPack(puppet, { signal })],
  ];
  for (const [name, start, closed] of works) {
    const closes = closed && counted(t, closed);
    const letGo = await rejectsWhileHeld(t, name, start);
    letGo();
    while (closes && closes() === 0) await new Promise(setImmediate);
  }
  t.same(names(folder), ['face', 'speech-4.wav']);
});

t.test('close() stops what is under way', async (t) => {
  const folder = t.testdir({ tmp: {} });
  setEnvironment(t, { TMPDIR: join(folder, 'tmp') });
  const wav = speechWav(folder, 4);
  const works: [keyof Binding, (talker: Talker) => Promise<unknown>][] = [
    ['preparePortrait', (talker) => talker.portrait(portraitFile)],
    ['openSession', (talker) => talker.sourceVideo(portraitFile)],
    ['readPictureMotion', (talker) => talker.motionFromVideo(portraitFile, { crop: 'none' })],
    ['nextTrace', (talker) => talker.trace(portraitFile, wav)],
  ];
  for (const [name, start] of works) {
    const talker = await Talker.load();
    const { begun, letGo, restore } = hold(t, name);
    const work = start(talker);
    await Promise.race([begun, work]);
    const closing = talker.close();
    await t.rejects(work, { code: 'ABORTED', cause: { code: 'CLOSED' } }, `${name} is not waited for`);
    t.same(names(join(folder, 'tmp')), [], 'nothing is left');
    letGo();
    restore();
    await closing;
  }
});

t.test('a second load stops by its own signal while the first one lowers', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { KDTALKER_CACHE: join(folder, 'cache') });
  const pack = smallPack(join(folder, 'pack'), 1);
  const { begun, letGo, restore } = hold(t, 'layOutWeights');
  const first = Talker.load(pack);
  await begun;
  const stop = new AbortController();
  const second = Talker.load(pack, { signal: stop.signal });
  const third = Talker.load(pack);
  setImmediate(() => stop.abort(REASON));
  await t.rejects(second, ABORTED);
  letGo();
  restore();
  for (const talker of await Promise.all([first, third])) await talker.close();
});

t.test('a first load that is aborted while it lowers leaves the next one to do it', async (t) => {
  const folder = t.testdir();
  setEnvironment(t, { KDTALKER_CACHE: join(folder, 'cache') });
  const pack = smallPack(join(folder, 'pack'), 1);
  const stop = new AbortController();
  let second: Promise<Talker> | undefined;
  const onProgress = () => {
    second ??= Talker.load(pack); // the first one is lowering
    stop.abort(REASON);
  };
  await t.rejects(Talker.load(pack, { signal: stop.signal, onProgress }), ABORTED);
  await (await second!).close();
  t.equal(names(join(folder, 'cache')).length, 1, 'one lowered pack and no part of another');
});

t.test('a signal that fires before the run listens stops it', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const motion = await talker.animate(portrait, speech(50)).motion();
  const binding = native();
  const { openRun } = binding;
  t.teardown(() => Object.assign(binding, { openRun }));
  for (const what of ['frames', 'motion'] as const) {
    const stop = new AbortController();
    binding.openRun = (...args) => {
      const run = openRun(...args);
      stop.abort(REASON); // the run is not registered yet
      return run;
    };
    const reads = counted(t, what === 'frames' ? 'readFrame' : 'readMotion');
    const clip = talker.animate(portrait, motion, { signal: stop.signal });
    const work: Promise<unknown> = what === 'frames' ? clip.frames().next() : clip.motion();
    await t.rejects(work, ABORTED, what);
    t.equal(reads(), 0, 'nothing is asked of it');
  }
});

t.test('packs: at any of the first steps', async (t) => {
  const folder = t.testdir();
  const hub = await TestHub.start(t);
  const contents = tinyReleased();
  for (const { source, repository, path } of RELEASED_FILES) hub.put(repository, path, contents[source]);
  const shared = { directory: join(folder, 'pack'), fingerprint: false };
  const pull = { ...shared, endpoint: hub.url, downloads: join(folder, 'downloads') };
  for (const step of [0, 1, 3, 8, 15]) {
    const works: ((signal: AbortSignal, onProgress: () => void) => Promise<unknown>)[] = [
      (signal, onProgress) => synthesizePack({ salt: 'x', ...shared, signal, onProgress }),
      (signal, onProgress) => pullPack({ ...pull, acceptLicences: true, signal, onProgress }),
    ];
    for (const start of works) {
      const stop = new AbortController();
      let steps = 0;
      if (step === 0) stop.abort(REASON);
      const work = start(stop.signal, () => {
        if (++steps === step) stop.abort(REASON);
      });
      await t.rejects(work, ABORTED, `step ${step}`);
      t.equal(getEventListeners(stop.signal, 'abort').length, 0);
      t.same(
        names(folder).filter((name) => name !== 'downloads'),
        [],
        'nothing is left of the pack',
      );
    }
    rmSync(pull.downloads, { recursive: true, force: true });
  }
  const asked = new AbortController();
  const never = () => {
    setImmediate(() => asked.abort(REASON));
    return new Promise<boolean>(() => {});
  };
  await t.rejects(
    pullPack({ ...pull, acceptLicences: never, signal: asked.signal }),
    ABORTED,
    'while asking',
  );
});

t.test('what comes together with the abort', async (t) => {
  const run = (discard?: 'kept' | ((late: string) => Promise<unknown>)) => {
    const stop = new AbortController();
    const work = async () => {
      stop.abort(REASON);
      return 'whole';
    };
    return longCall('The work', [stop.signal], work, discard);
  };
  const late: string[] = [];
  await t.rejects(run(), ABORTED, 'a value is not handed out');
  await t.rejects(
    run(async (value) => late.push(value)),
    ABORTED,
  );
  t.same(late, ['whole'], 'it is let go of');
  t.equal(await run('kept'), 'whole', 'a file is finished');
});

t.test('an iteration that is aborted while its threads end', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const binding = native();
  const { closeRun } = binding;
  const stop = new AbortController();
  binding.closeRun = (run) => {
    stop.abort(REASON);
    return closeRun(run);
  };
  t.teardown(() => Object.assign(binding, { closeRun }));
  const iterate = async () => {
    for await (const _ of talker.animate(portrait, speech(3), { signal: stop.signal }));
  };
  await t.rejects(iterate(), ABORTED);
});

t.test('the talker works on after all that', async (t) => {
  const talker = await loadTalker(t);
  const stop = new AbortController();
  stop.abort(REASON);
  await t.rejects(talker.portrait(portraitFile, { signal: stop.signal }), ABORTED);
  const portrait = await talker.portrait(portraitFile);
  t.equal((await talker.animate(portrait, speech(3)).motion()).frames, 3);
});
