import { getEventListeners } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type KdtalkerError, readPack, Talker, verifyPack } from 'kdtalker';
import t, { type Test } from 'tap';
import { names, processesWith, setEnvironment } from './support/media.js';
import { smallPack } from './support/small-pack.js';
import { portraitFile, randoms, speech, speechWav } from './support/talker.js';
import { movingPortrait } from './support/videos.js';

/** A long call of the table. */
interface Call {
  start(signal: AbortSignal): Promise<unknown>;
  /** Releases its result. */
  release?(value: unknown): Promise<void>;
  /** The result that is complete if the abort comes too late. */
  file?: string;
}

const close = (value: unknown) => (value as { close(): Promise<void> }).close();
const folder = t.testdir({ tmp: {}, out: {} });
const at = (name: string) => join(folder, name);
setEnvironment(t, { TMPDIR: at('tmp'), KDTALKER_CACHE: at('cache') });

const talker = await Talker.load();
t.teardown(() => talker.close());
const portrait = await talker.portrait(portraitFile);
await portrait.save(at('face'));
const film = movingPortrait(folder, 'film.mkv', { frames: 4 });
const video = await talker.sourceVideo(film);
const wav = speechWav(folder, 8);
const small = smallPack(at('small'), 1);
const puppet = await readPack('puppet');

async function iterate(frames: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of frames);
}

const CALLS: Record<string, Call> = {
  'Talker.load': { start: (signal) => Talker.load('puppet', { signal }), release: close },
  'Talker.load with lowering': {
    start(signal) {
      rmSync(at('cache'), { recursive: true, force: true });
      return Talker.load(small, { signal });
    },
    release: close,
  },
  'talker.portrait': { start: (signal) => talker.portrait(portraitFile, { signal }), release: close },
  'talker.loadPortrait': { start: (signal) => talker.loadPortrait(at('face'), { signal }), release: close },
  'portrait.save': {
    start: (signal) => portrait.save(at('out/face'), { signal }),
    file: at('out/face'),
  },
  'talker.sourceVideo': { start: (signal) => talker.sourceVideo(film, { signal }), release: close },
  'talker.motionFromVideo': { start: (signal) => talker.motionFromVideo(film, { signal }) },
  'talker.visemes': { start: (signal) => talker.visemes(wav, { signal }) },
  'talker.trace': { start: (signal) => talker.trace(portraitFile, wav, { signal, frames: [0, 3] }) },
  'clip.frames': { start: (signal) => iterate(talker.animate(portrait, speech(8), { signal })) },
  'clip.frames of a source video': {
    start: (signal) => iterate(talker.animate(video, speech(8), { signal, frame: 'full' })),
  },
  'clip.motion': { start: (signal) => talker.animate(portrait, wav, { signal }).motion() },
  'clip.save as mp4': {
    start: (signal) => talker.animate(portrait, wav, { signal }).save(at('out/talk.mp4')),
    file: at('out/talk.mp4'),
  },
  'clip.save as png': {
    start: (signal) => talker.animate(portrait, speech(8), { signal }).save(at('out/%d.png')),
    file: at('out/7.png'),
  },
  verifyPack: { start: (signal) => verifyPack(puppet, { signal }) },
};

/** How a call ended: its promise, and the time after the abort. */
interface End {
  how: 'done' | 'before' | 'aborted';
  milliseconds: number;
}

const REASON = new Error('enough');

/** Aborts at a turn of the event loop; `Infinity` counts the turns that the call takes. */
async function abortAt(t: Test, name: string, { start, release, file }: Call, turn: number) {
  const stop = new AbortController();
  let [settled, turns] = [false, 0];
  const work = start(stop.signal).then(
    async (value) => {
      settled = true;
      await release?.(value);
      return undefined;
    },
    (error: unknown) => {
      settled = true;
      return error;
    },
  );
  for (; turns < turn && !settled; turns++) await new Promise(setImmediate);
  const before = settled;
  const begun = performance.now();
  stop.abort(REASON);
  const error = await work;
  const end: End = {
    how: before ? 'before' : error ? 'aborted' : 'done',
    milliseconds: performance.now() - begun,
  };
  if (error) isAborted(t, name, error);
  if (end.how === 'done') t.ok(file && existsSync(file), `${name}: what was finished all the same is whole`);
  nothingLeft(t, name, stop.signal);
  rmSync(at('out'), { recursive: true, force: true });
  mkdirSync(at('out'));
  return { ...end, turns };
}

function isAborted(t: Test, name: string, error: unknown): void {
  const { code, cause } = error as KdtalkerError;
  if (code !== 'ABORTED' || cause !== REASON) t.match(error, { code: 'ABORTED', cause: REASON }, name);
}

function nothingLeft(t: Test, name: string, signal: AbortSignal): void {
  const listeners = getEventListeners(signal, 'abort').length;
  if (listeners > 0) t.equal(listeners, 0, `${name}: no listener is kept`);
  for (const where of ['tmp', 'out', 'cache', '.']) {
    const left = existsSync(at(where)) ? names(at(where)).filter((file) => file.endsWith('.part')) : [];
    const others = where === 'tmp' ? left.length - 1 : left.length; // the table's own source video
    if (others > 0) t.equal(others, 0, `${name}: ${left} in ${where}`);
  }
  const children = processesWith(folder).filter((line) => line.includes('ffmpeg'));
  if (children.length > 0) t.same(children, [], `${name}: no child is left`);
}

/** Moments of each call, one in each equal part of it and one at its begin. More: KDTALKER_LONG=1 npx tap test/abort-table.test.ts */
const MOMENTS = process.env.KDTALKER_LONG === '1' ? 20 : 4;

for (const [name, call] of Object.entries(CALLS)) {
  t.test(`${name}: before, at ${MOMENTS} moments, after`, async (t) => {
    const random = randoms(1 + name.length);
    const early = new AbortController();
    early.abort(REASON);
    await call.start(early.signal).then(
      () => t.fail('an aborted call begins nothing'),
      (error) => isAborted(t, name, error),
    );
    nothingLeft(t, name, early.signal);
    const whole = await abortAt(t, name, call, Number.POSITIVE_INFINITY);
    t.equal(whole.how, 'before', 'an abort after the end changes nothing');
    const ends: End[] = [];
    for (let i = 0; i < MOMENTS; i++) {
      const part = i === 0 ? 0 : (i - random()) / (MOMENTS - 1);
      ends.push(await abortAt(t, name, call, Math.floor(part * whole.turns)));
    }
    const stopped = ends.filter(({ how }) => how === 'aborted');
    const worst = Math.max(0, ...stopped.map(({ milliseconds }) => milliseconds));
    t.comment(`${name}: ${stopped.length} stopped, at most ${worst.toFixed(0)} ms after the abort`);
    t.ok(stopped.length > 0, 'some were stopped');
  });
}
