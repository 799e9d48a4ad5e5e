import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FFMPEG_LIMITS, patienceWith } from '../dist/media/ffmpeg-watch.js';
import { FrameSource, openSound, openVideo } from '../dist/media/index.js';
import { probe } from '../dist/media/sources/probe.js';
import { fails, frame, gone, names, setEnvironment, wav } from './support/media.js';

const USUAL = { ...FFMPEG_LIMITS };

/** Limits that end a hanging process at once. */
function narrow(t: Test, limits: Partial<typeof FFMPEG_LIMITS>): void {
  Object.assign(FFMPEG_LIMITS, USUAL, limits);
  t.teardown(() => Object.assign(FFMPEG_LIMITS, USUAL));
}

/** A process that is expected to hang gets a second; every other one has no limit. */
const SHORT = { patience: 1000, finishing: 1000 };
const HANGS = /no progress/;

/** A program in place of ffmpeg. `$last` is the last argument: the output file. */
function standIn(t: Test, folder: string, body: string): void {
  const path = join(folder, 'ffmpeg');
  const last = 'for last; do :; done; last=$(echo "$last" | sed "s/^file://")';
  // Asked with -loglevel info, it lists two tracks.
  const tracks = ['Video: h264, 32x32', 'Audio: flac, 8000 Hz'].map(
    (track, i) => `echo "  Stream #0:${i}: ${track}" >&2`,
  );
  const look = `echo "Input #0, mov, from 'x':" >&2; ${tracks.join('; ')}; exit 1`;
  writeFileSync(path, `#!/bin/sh\n${last}\ncase "$*" in *'-loglevel info'*) ${look};; esac\n${body}\n`);
  chmodSync(path, 0o755);
  setEnvironment(t, { FFMPEG_PATH: path });
}

const PICTURE = 'printf "P6\\n32 32\\n255\\n"; head -c 3072 /dev/zero';
const FOREVER = 'exec tail -f /dev/null';

const uncaught: unknown[] = [];
process.on('uncaughtExceptionMonitor', (error) => uncaught.push(error));

t.test('every end of an encoder but the good one is a coded error, and leaves nothing', async (t) => {
  for (const [name, body, message] of [
    ['at once, well', 'exit 0', /ended with exit code 0 before/],
    ['at once, badly', 'echo "it broke" >&2; exit 3', /ended with exit code 3\. Its last words: it broke/],
    ['by a signal', 'kill -9 $$', /ended by SIGKILL/],
    ['after some frames, well', 'head -c 5000 >/dev/null; exit 0', /exit code 0 before/],
    ['after some frames, badly', 'head -c 5000 >/dev/null; exit 1', /exit code 1/],
    [
      'after all frames, with no file',
      'cat >/dev/null; exit 0',
      /before it had written all frames \(0 of 40\)/,
    ],
    ['after too few', 'cat >/dev/null; echo half >"$last"; echo frame=7; exit 0', /\(7 of 40\)/],
    ['after too many', 'cat >/dev/null; echo more >"$last"; echo frame=41; exit 0', /\(41 of 40\)/],
    ['deaf, but alive', `exec <&-; ${FOREVER}`, /made no progress for 1 s/],
    ['never, taking nothing', FOREVER, /made no progress/],
    ['never, after the last frame', `cat >/dev/null; ${FOREVER}`, /made no progress/],
    ['leaving a child with its pipes', 'tail -f /dev/null & exit 0', /exit code 0 before/],
    ['on a full disk', 'cat >/dev/null; echo "No space left on device" >&2; exit 1', /it is full/],
  ] as const) {
    const folder = t.testdir({ bin: {}, out: {} });
    standIn(t, join(folder, 'bin'), body);
    narrow(t, HANGS.test(message.source) ? SHORT : {});
    const encode = async () => {
      const shape = { width: 128, height: 128, fps: 25, frames: 40 };
      const video = await openVideo(join(folder, 'out', 'a.mp4'), shape);
      for (let i = 0; i < 40; i++) await video.write(frame('yuv420p', 128, 128, i));
      await video.finish();
    };
    await fails(t, encode, name === 'on a full disk' ? 'OUTPUT_DISK_FULL' : 'FFMPEG_FAILED', message);
    t.same(names(join(folder, 'out')), [], `${name}: no file`);
    await gone(folder);
  }
});

t.test('every end of a decoder', async (t) => {
  for (const [name, body, code, message, count] of [
    ['well, with nothing', 'exit 0', 'VIDEO_UNREADABLE', /holds no picture/, 0],
    ['badly, with nothing', 'echo no >&2; exit 1', 'VIDEO_UNREADABLE', /Its last words: no/, 0],
    ['by a signal, with nothing', 'kill -9 $$', 'FFMPEG_FAILED', /SIGKILL/, 0],
    [
      'well, in a picture',
      `${PICTURE}; printf "P6\\n32 32\\n255\\nab"; exit 0`,
      'FFMPEG_FAILED',
      /whole picture/,
      1,
    ],
    ['well, in a header', `${PICTURE}; printf "P6\\n3"; exit 0`, 'FFMPEG_FAILED', /whole picture/, 1],
    ['badly, after a picture', `${PICTURE}; exit 2`, 'FFMPEG_FAILED', /exit code 2/, 1],
    [
      'with what is no picture',
      `${PICTURE}; printf "hello\\nhello\\nhello\\n"`,
      'VIDEO_UNREADABLE',
      /into pictures/,
      1,
    ],
    ['mute, but alive', `${PICTURE}; exec >/dev/null; ${FOREVER}`, 'FFMPEG_FAILED', /no progress/, 1],
    ['never', FOREVER, 'FFMPEG_FAILED', /no progress/, 0],
    ['leaving a child with its pipes', `${PICTURE}; tail -f /dev/null & exit 0`, undefined, /./, 1],
    [
      'never, with pictures for ever',
      `while :; do ${PICTURE}; done`,
      'VIDEO_TOO_LONG',
      /at most 0\.4 s .* maxSeconds/,
      10,
    ],
  ] as const) {
    const folder = t.testdir({ 'a.mp4': 'a' });
    standIn(t, folder, body);
    narrow(t, HANGS.test(message.source) ? SHORT : {});
    const source = await FrameSource.open(join(folder, 'a.mp4'), {
      fps: 25,
      signal: undefined,
      maxSeconds: 0.4,
    });
    let pictures = 0;
    const read = async () => {
      for await (const _ of source.frames()) pictures += 1;
    };
    if (code === undefined) await read();
    else await fails(t, read, code, message);
    t.equal(pictures, count, `${name}: pictures before it`);
    await source.close();
    await gone(folder);
  }
});

/** The header of a WAV stream as ffmpeg writes it to a pipe, and a second of silence after it, as files `head` and `second`. */
function soundFiles(): Record<string, Buffer> {
  const second = new Float32Array(8000);
  const whole = wav({
    channels: [second],
    rate: 8000,
    coding: 'f32',
    dataSize: 0xffffffff,
    riffSize: 0xffffffff,
  });
  const length = whole.length - 4 * second.length;
  return { head: whole.subarray(0, length), second: whole.subarray(length) };
}

t.test('every end of a decoder of sound', async (t) => {
  for (const [name, body, code, message, seconds] of [
    ['well, with nothing', 'exit 0', 'SPEECH_EMPTY', /has no samples/, 0],
    ['badly, with nothing', 'echo no >&2; exit 1', 'SPEECH_UNREADABLE', /Its last words: no/, 0],
    ['by a signal, with nothing', 'kill -9 $$', 'FFMPEG_FAILED', /SIGKILL/, 0],
    ['never, with nothing', FOREVER, 'FFMPEG_FAILED', /no progress/, 0],
    ['well, in the header', 'head -c 20 head; exit 0', 'SPEECH_EMPTY', /has no samples/, 0],
    ['well, after the header', 'cat head; exit 0', 'SPEECH_EMPTY', /has no samples/, 0],
    [
      'badly, after the header',
      'cat head; echo no >&2; exit 1',
      'FFMPEG_FAILED',
      /exit code 1.* words: no/,
      0,
    ],
    ['mute after the header, but alive', `cat head; ${FOREVER}`, 'FFMPEG_FAILED', /no progress/, 0],
    ['well, after a second', 'cat head second; exit 0', undefined, /./, 1],
    ['badly, after a second', 'cat head second; exit 2', 'FFMPEG_FAILED', /exit code 2/, 1],
    ['by a signal, after a second', 'cat head second; kill -9 $$', 'FFMPEG_FAILED', /SIGKILL/, 1],
    ['mute after a second, but alive', `cat head second; ${FOREVER}`, 'FFMPEG_FAILED', /no progress/, 1],
    ['leaving a child with its pipes', 'cat head second; tail -f /dev/null & exit 0', undefined, /./, 1],
    [
      'never, with sound for ever',
      'cat head; while :; do cat second; done',
      'SPEECH_TOO_LONG',
      /at most 3 s/,
      3,
    ],
  ] as const) {
    const folder = t.testdir({ 'a.flac': 'a', ...soundFiles() });
    standIn(t, folder, `cd '${folder}'; ${body}`);
    narrow(t, HANGS.test(message.source) ? SHORT : {});
    let samples = 0;
    const hear = async () => {
      const sound = await openSound(join(folder, 'a.flac'), { maxSeconds: 3 });
      try {
        for await (const chunk of sound.chunks()) samples += chunk.length;
      } finally {
        await sound.close();
      }
    };
    if (code === undefined) await hear();
    else await fails(t, hear, code, message);
    t.equal(samples / 8000, seconds, `${name}: seconds before it`);
    await gone(folder);
  }
});

t.test('one that takes too much memory, or never answers', async (t) => {
  const folder = t.testdir({ 'a.mp4': 'a' });
  narrow(t, { memory: 2 ** 27 });
  const greedy = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 23, 1)), 5)';
  standIn(t, folder, `exec ${process.execPath} -e '${greedy}'`);
  const source = await FrameSource.open(join(folder, 'a.mp4'), { fps: 25, signal: undefined });
  await fails(t, () => source.frames().next(), 'FFMPEG_FAILED', /it took more than 128 MiB of memory/);
  await source.close();
  narrow(t, SHORT);
  const mute = join(folder, 'mute');
  writeFileSync(mute, `#!/bin/sh\n${FOREVER}\n`);
  chmodSync(mute, 0o755);
  setEnvironment(t, { FFMPEG_PATH: mute });
  await fails(t, () => probe(join(folder, 'a.mp4')), 'FFMPEG_FAILED', /Looking into .* no progress/);
  await gone(folder);
});

t.test('only while ffmpeg could go on does its time run', async (t) => {
  narrow(t, { patience: 1, finishing: 2 });
  const never = Number.POSITIVE_INFINITY;
  for (const [name, stdin, stdout, patience] of [
    ['a reader has something to read', null, { readableLength: 1 }, never],
    ['a reader waits', null, { readableLength: 0 }, 1],
    ['nobody reads or writes', null, null, 1],
    ['it waits for a frame', { writableLength: 0 }, null, never],
    ['a frame waits for it', { writableLength: 1 }, null, 1],
    ['it closed its ears', { writableLength: 0, destroyed: true }, null, 1],
    ['it has all frames', { writableLength: 0, writableEnded: true, writableFinished: true }, null, 2],
  ] as const)
    t.equal(patienceWith({ stdin, stdout } as never), patience, name);
  const waits = { writableLength: 1 };
  t.equal(
    patienceWith({ stdin: waits, stdio: [0, 0, 0, { writableLength: 0 }] } as never),
    never,
    'for sound',
  );
  t.equal(patienceWith({ stdin: waits, stdio: [0, 0, 0, waits] } as never), 1, 'for neither');
  const slow = { stdin: waits, stdio: [0, 0, 0, waits, { readableLength: 1 }] };
  t.equal(patienceWith(slow as never), never, 'for the reader of the video');
});

t.test('nothing of that was uncaught', async (t) => t.same(uncaught, []));
