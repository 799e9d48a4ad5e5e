import { chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type LastingSound, openSound, speechTooShort } from '../dist/media/index.js';
import {
  babble,
  collect,
  fails,
  ffmpeg,
  names,
  processesWith,
  setEnvironment,
  sine,
  type WavOptions,
  wav,
} from './support/media.js';

async function read(
  input: LastingSound,
): Promise<{ rate: number; samples: Float32Array; promised: number | undefined }> {
  const sound = await openSound(input);
  const samples = await collect(sound.chunks());
  await sound.close();
  return { rate: sound.sampleRate, samples, promised: sound.samples };
}

// A folder of this file's own: other test files make temporary folders at the same time.
setEnvironment(t, { TMPDIR: t.testdir() });

const temporaryFolders = () => names(tmpdir()).filter((name) => name.endsWith('.part'));

/** Largest difference between two sounds that must be equally long. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

t.test('WAV is read without ffmpeg, exactly', async (t) => {
  setEnvironment(t, { FFMPEG_PATH: '/nowhere/ffmpeg' });
  const cases: [WavOptions['coding'], number[], number[]][] = [
    ['u8', [0, 128, 255], [-1, 0, 127 / 128]],
    ['s16', [-32768, -1, 0, 1, 32767], [-1, -1 / 32768, 0, 1 / 32768, 32767 / 32768]],
    ['s24', [-8388608, -1, 0, 8388607], [-1, -1 / 8388608, 0, 8388607 / 8388608]],
    ['s32', [-2147483648, 0, 1 << 30], [-1, 0, 0.5]],
    ['f32', [-1.5, 0, 0.25], [-1.5, 0, 0.25]],
    ['f64', [-1.5, 0, 0.25], [-1.5, 0, 0.25]],
  ];
  for (const [coding, stored, expected] of cases) {
    for (const extensible of [false, true]) {
      const { samples, promised, rate } = await read(
        wav({ channels: [stored], raw: true, coding: coding!, extensible, rate: 44100 }),
      );
      t.same([...samples], expected, `${coding}${extensible ? ' extensible' : ''}`);
      t.equal(promised, expected.length);
      t.equal(rate, 44100);
    }
  }
});

t.test('channels are averaged', async (t) => {
  const channels = [
    [0.5, 0.5],
    [0.25, -0.5],
    [0, 0],
  ];
  t.same([...(await read(wav({ channels, coding: 'f32' }))).samples], [0.25, 0]);
  const eight = Array.from({ length: 8 }, (_, c) => [c * 8, -c * 16]);
  t.same(
    [...(await read(wav({ channels: eight, coding: 's16', raw: true, extensible: true }))).samples],
    [28 / 32768, -56 / 32768],
  );
});

t.test('channels that cancel each other out: the louder one, and a warning', async (t) => {
  const warnings: string[] = [];
  const hear = (warning: Error & { code?: string }) => {
    if (warning.code === 'CHANNELS_CANCEL') warnings.push(warning.message);
  };
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  const voice = babble(3);
  const times = (factor: number) => voice.map((value) => factor * value);
  const late = Float32Array.from(voice, (value, i) => (i < 16000 ? value : -value));
  const music = babble(3, 16000, 77);
  const mean = (...channels: Float32Array[]) =>
    Float32Array.from(
      voice,
      (_, i) => channels.reduce((sum, channel) => sum + channel[i]!, 0) / channels.length,
    );
  const plain = mean(voice, music);
  const cases: [string, Float32Array[], (i: number) => number][] = [
    ['opposite phase', [voice, times(-1)], (i) => voice[i]!],
    ['opposite, the second louder', [times(-0.8), voice], (i) => voice[i]!],
    ['opposite from the second second on', [voice, late], (i) => voice[i]!],
    ['opposite fronts of five', [times(-1), voice, times(0), times(0), times(0)], (i) => -voice[i]!],
    [
      'opposite over a constant offset',
      [voice.map((v) => v + 0.1), times(-1).map((v) => v + 0.1)],
      (i) => voice[i]! + 0.1,
    ],
    ['the same twice', [voice, voice], (i) => voice[i]!],
    ['two different', [voice, music], (i) => plain[i]!],
    ['opposite, but half as loud', [voice, times(-0.5)], (i) => 0.25 * voice[i]!],
    ['one of six', [times(0), times(0), voice, times(0), times(0), times(0)], (i) => voice[i]! / 6],
    ['silence', [times(0), times(0)], () => 0],
  ];
  for (const [index, [name, channels, expected]] of cases.entries()) {
    const file = join(t.testdir({ [`${index}.wav`]: wav({ channels, coding: 'f32' }) }), `${index}.wav`);
    const { samples } = await read(file);
    const wanted = voice.map((_, i) => expected(i));
    t.ok(distance(samples, wanted) < 1e-6, `${name}: differs by ${distance(samples, wanted)}`);
    await new Promise(setImmediate);
    t.equal(warnings.length, index < 5 ? 1 : 0, `${name}: ${index < 5 ? 'warned' : 'nothing to say'}`);
    if (index < 5)
      t.match(warnings.pop(), new RegExp(`channels of '.*${index}\\.wav' cancel each other out`));
  }
  const stereo = [voice, music];
  t.equal(
    distance((await read(wav({ channels: stereo, coding: 'f32' }))).samples, plain),
    0,
    'to the last bit',
  );
});

t.test('every layout of WAV: odd chunks, RF64, sizes unknown, trailers, cut data', async (t) => {
  const channels = [[1, 2, 3, 4, 5]];
  const expected = [1, 2, 3, 4, 5].map((value) => value / 32768);
  const layouts: Record<string, Partial<WavOptions>> = {
    extraChunks: { extraChunks: true },
    RF64: { rf64: true, trailer: true },
    'unknown size': { dataSize: 0xffffffff, riffSize: 0xffffffff },
    'size never filled in': { dataSize: 0, riffSize: 0 },
    'more promised than there is': { dataSize: 4000 },
    trailer: { trailer: true },
  };
  for (const [name, layout] of Object.entries(layouts)) {
    const { samples, promised } = await read(wav({ channels, raw: true, ...layout }));
    t.same([...samples], expected, name);
    t.equal(promised, 5, `${name}: count`);
  }
  const cut = wav({
    channels: [
      [1, 2, 3],
      [1, 2, 3],
    ],
    raw: true,
  });
  t.same(
    [...(await read(cut.subarray(0, cut.length - 1))).samples],
    expected.slice(0, 2),
    'half a sample at the end',
  );
});

t.test('WAV whose header is wrong, but whose samples are there', async (t) => {
  const channels = [
    [256, 512, -768, 1024],
    [256, 512, -768, 1024],
  ];
  const expected = channels[0]!.map((value) => value / 32768);
  const cases: Record<string, Partial<WavOptions>> = {
    'a header for no samples': { dataSize: 0, riffSize: 36 },
    'the largest size': { dataSize: 0xffffffff, riffSize: 0xffffffff },
    'the size that espeak-ng writes': { dataSize: 0x7ffff000, riffSize: 0x7ffff024 },
    'a block size of 0': { blockSize: 0 },
    'a wrong block size': { blockSize: 9 },
    'the block size of one channel': { blockSize: 2 },
    'an odd chunk without padding': { unpadded: true },
    'an odd chunk with it, then one without': { extraChunks: true, unpadded: true },
    'a block size of 0, extensible': { blockSize: 0, extensible: true },
    'two chunks of samples: the first': { second: [[9], [9]] },
    'a second chunk of samples, longer': { second: [Array(100).fill(9), Array(100).fill(9)] },
  };
  for (const [name, wrong] of Object.entries(cases)) {
    const { samples, promised } = await read(wav({ channels, raw: true, ...wrong }));
    t.same([...samples], expected, name);
    t.equal(promised, 4, `${name}: count`);
  }
  const wide = channels.map((channel) => channel.map((value) => value * 65536));
  for (const bits of [20, 24]) {
    const file = wav({ channels: wide, raw: true, coding: 's32', bits });
    t.same([...(await read(file)).samples], expected, `${bits} bits in 32`);
  }
});

t.test('a path, a Buffer and PCM give the same', async (t) => {
  const tone = sine(2.5, 22050);
  const file = wav({ channels: [tone], coding: 'f32', rate: 22050 });
  const path = join(t.testdir({ 'tone.mp3': file }), 'tone.mp3');
  for (const input of [path, file, new Uint8Array(file), { samples: tone, sampleRate: 22050 }]) {
    const { samples, rate, promised } = await read(input);
    t.equal(rate, 22050);
    t.equal(promised, tone.length);
    t.equal(distance(samples, tone), 0, 'whatever the name says');
  }
  const integers = Int16Array.from([100, 300, -32768, -32768]);
  const { samples } = await read({ samples: integers, sampleRate: 8000, channels: 2 });
  t.same([...samples], [200 / 32768, -1]);
});

t.test('chunks are a second or less, and can be read again', async (t) => {
  const sound = await openSound(wav({ channels: [sine(3.2)], coding: 's16' }));
  const lengths: number[] = [];
  for await (const chunk of sound.chunks()) lengths.push(chunk.length);
  t.same(lengths, [16000, 16000, 16000, 3200]);
  for await (const chunk of sound.chunks()) {
    t.equal(chunk.length, 16000);
    break;
  }
  t.equal((await collect(sound.chunks())).length, 51200);
  await sound.close();
});

t.test('a header that claims absurd rates and channels takes no memory', async (t) => {
  const file = wav({ channels: Array.from({ length: 8000 }, () => [0.5]), coding: 'f64', rate: 384000 });
  t.same([...(await read(file)).samples], [0.5]);
});

t.test('other formats through ffmpeg: same length, same sound, any channels and rate', async (t) => {
  const folder = t.testdir();
  const tone = sine(2, 44100);
  writeFileSync(join(folder, 'tone.wav'), wav({ channels: [tone, tone], coding: 's16', rate: 44100 }));
  const encode = (name: string, ...args: string[]) => {
    ffmpeg('-i', join(folder, 'tone.wav'), ...args, join(folder, name));
    return join(folder, name);
  };
  const original = (await read(join(folder, 'tone.wav'))).samples;
  const lossless = await read(encode('tone.flac'));
  t.equal(lossless.rate, 44100);
  t.equal(distance(lossless.samples, original), 0, 'FLAC is the WAV, bit for bit');
  const lossy = {
    mp3: encode('tone.mp3'),
    ogg: encode('tone.ogg', '-c:a', 'libvorbis'),
    opus: encode('tone.opus', '-ar', '48000'),
    m4a: encode('tone.m4a'),
    mkv: encode('tone.mkv', '-c:a', 'libvorbis', '-ar', '22050'),
  };
  for (const [name, path] of Object.entries(lossy)) {
    const { samples, rate, promised } = await read(path);
    t.equal(promised, undefined);
    t.ok(Math.abs(samples.length / rate - 2) < 0.06, `${name}: ${samples.length / rate} s`);
    const loudness = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
    t.ok(Math.abs(loudness - 0.5 / Math.SQRT2) < 0.03, `${name}: loudness ${loudness}`);
  }
  // Codings of WAV that the own reader leaves to ffmpeg.
  t.equal((await read(encode('alaw.wav', '-c:a', 'pcm_alaw'))).samples.length, 88200);
  t.equal((await read(encode('adpcm.wav', '-c:a', 'adpcm_ima_wav'))).rate, 44100);
});

t.test('bytes of a compressed file go through a temporary file that is removed', async (t) => {
  const folder = t.testdir({ 'tone.wav': wav({ channels: [sine(1)] }) });
  const m4a = ffmpeg('-i', join(folder, 'tone.wav'), '-f', 'mp4', '-c:a', 'aac', join(folder, 'x'));
  t.equal(m4a.length, 0);
  const { readFileSync } = await import('node:fs');
  const before = temporaryFolders();
  const sound = await openSound(readFileSync(join(folder, 'x')));
  t.equal(temporaryFolders().length, before.length + 1);
  t.ok((await collect(sound.chunks())).length >= 16000);
  await sound.close();
  t.same(temporaryFolders(), before);
});

t.test('what an encoder gets', async (t) => {
  const tone = sine(0.5);
  const quiet = tone.map((value) => value / 2);
  const inputs: [LastingSound, number][] = [
    [wav({ channels: [tone, quiet], coding: 'f32' }), 2],
    [{ samples: tone, sampleRate: 16000 }, 1],
    [wav({ channels: Array.from({ length: 9 }, () => tone), coding: 'f32' }), 1],
  ];
  for (const [input, channels] of inputs) {
    const sound = await openSound(input);
    t.equal(sound.track.channels, channels);
    t.equal(sound.track.sampleRate, 16000);
    for (let pass = 0; pass < 2; pass++) {
      const samples = await collect(sound.track.blocks());
      t.equal(samples.length, tone.length * channels, 'all channels at their own rate');
      const first = Float32Array.from(tone, (_, i) => samples[i * channels]!);
      t.ok(distance(first, tone) < 1e-7);
      if (channels === 2)
        t.equal(
          distance(
            quiet,
            Float32Array.from(tone, (_, i) => samples[2 * i + 1]!),
          ),
          0,
        );
    }
    await sound.close();
    await sound.close();
    await fails(t, () => collect(sound.track.blocks()), 'CLOSED');
    await fails(t, () => collect(sound.chunks()), 'CLOSED');
  }
});

t.test('sounds without samples', async (t) => {
  const folder = t.testdir({ 'empty.wav': '', 'tone.wav': wav({ channels: [sine(1)] }) });
  await fails(t, () => openSound(join(folder, 'empty.wav')), 'SPEECH_EMPTY', /empty\.wav', which is empty/);
  await fails(t, () => openSound(new Uint8Array(0)), 'SPEECH_EMPTY');
  await fails(t, () => openSound(wav({ channels: [[]] })), 'SPEECH_EMPTY', /has no samples/);
  await fails(t, () => openSound(wav({ channels: [[]], trailer: true })), 'SPEECH_EMPTY', /has no samples/);
  await fails(t, () => openSound(wav({ channels: [[]], dataSize: 0xffffffff })), 'SPEECH_EMPTY');
  await fails(t, () => openSound({ samples: new Float32Array(0), sampleRate: 16000 }), 'SPEECH_EMPTY');
  const silent = join(folder, 'silent.mp4');
  ffmpeg('-f', 'lavfi', '-i', 'color=red:s=64x64:d=0.4', '-c:v', 'libx264', '-an', silent);
  await fails(
    t,
    () => openSound(silent),
    'SPEECH_EMPTY',
    /silent\.mp4', which has no sound track \(it is mov/,
  );
  const film = join(folder, 'film.mp4');
  ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'color=red:s=64x64:d=1',
    '-i',
    join(folder, 'tone.wav'),
    '-c:v',
    'libx264',
    '-c:a',
    'aac',
    film,
  );
  t.ok((await read(film)).samples.length >= 16000, 'a video with sound is fine');
});

t.test('NaN and infinity name the first bad sample', async (t) => {
  const spoilt = sine(1.5);
  spoilt[20001] = Number.NaN;
  spoilt[23000] = Number.POSITIVE_INFINITY;
  const message = /NaN at sample 20001 \(1\.250 s\)/;
  for (const input of [
    wav({ channels: [spoilt], coding: 'f32' }),
    wav({ channels: [sine(1.5), spoilt], coding: 'f64' }),
    { samples: spoilt, sampleRate: 16000 },
  ]) {
    const sound = await openSound(input);
    await fails(t, () => collect(sound.chunks()), 'SPEECH_NOT_FINITE', message);
    await sound.close();
  }
  const infinite = await openSound({
    samples: Float32Array.of(0, Number.NEGATIVE_INFINITY),
    sampleRate: 16000,
  });
  await fails(t, () => collect(infinite.chunks()), 'SPEECH_NOT_FINITE', /-Infinity at sample 1 /);
});

t.test('files that are no sound', async (t) => {
  const good = wav({ channels: [sine(0.1)] });
  const folder = t.testdir({
    'text.wav': 'just some text, and more of it\n'.repeat(40),
    'text.txt': 'notes\n'.repeat(200),
  });
  ffmpeg('-f', 'lavfi', '-i', 'color=red:s=64x64', '-frames:v', '1', join(folder, 'picture.png'));
  for (const name of ['text.wav', 'text.txt', 'picture.png']) {
    await fails(t, () => openSound(join(folder, name)), 'SPEECH_UNREADABLE', /cannot decode as sound\. Give/);
  }
  await fails(t, () => openSound(Buffer.alloc(5000, 7)), 'SPEECH_UNREADABLE');
  await fails(t, () => openSound(Buffer.from([1, 2])), 'SPEECH_UNREADABLE');
  for (const length of [12, 20, 36, 40]) {
    await fails(t, () => openSound(good.subarray(0, length)), 'SPEECH_UNREADABLE', /whole WAV file/);
  }
  const broken = (offset: number, ...bytes: number[]) => {
    const copy = Buffer.from(good);
    copy.set(bytes, offset);
    return () => openSound(copy);
  };
  await fails(t, broken(22, 0, 0), 'SPEECH_UNREADABLE', /0 channels/);
  await fails(t, broken(24, 0, 0, 0, 0), 'SPEECH_UNREADABLE', /sample rate is 0 Hz/);
  await fails(t, broken(24, 255, 255, 255, 255), 'SPEECH_UNREADABLE', /samples a second .* 4294967295/);
  await fails(t, broken(16, 255, 255, 255, 15), 'SPEECH_UNREADABLE', /ends inside its header/);
  await fails(t, broken(12, 100), 'SPEECH_UNREADABLE', /before their format/);
  await fails(t, () => openSound(join(folder, 'absent.wav')), 'FILE_NOT_FOUND', /does not exist/);
  await fails(t, () => openSound(folder), 'FILE_NOT_FOUND', /is a directory/);
  await fails(t, () => openSound('/dev/null'), 'FILE_NOT_FOUND', /not a regular file/);
});

t.test('playlists, which would make ffmpeg open other files, are refused', async (t) => {
  const tone = wav({ channels: [sine(1)] });
  const folder = t.testdir({
    'tone.wav': tone,
    'list.m3u8': '#EXTM3U\n#EXTINF:1,\ntone.wav\n',
    'list.txt': "ffconcat version 1.0\nfile 'tone.wav'\n",
  });
  await fails(t, () => openSound(join(folder, 'list.m3u8')), 'SPEECH_UNREADABLE', /playlist/);
  await fails(t, () => openSound(join(folder, 'list.txt')), 'SPEECH_UNREADABLE', /playlist/);
});

t.test('PCM that is not what it says', async (t) => {
  const samples = new Float32Array(10);
  await fails(
    t,
    () => openSound({ samples: [1] as never, sampleRate: 16000 }),
    'INVALID_ARGUMENT',
    /speech\.samples/,
  );
  await fails(t, () => openSound({ samples, sampleRate: 0 }), 'INVALID_ARGUMENT', /speech\.sampleRate/);
  await fails(t, () => openSound({ samples, sampleRate: 16000.5 }), 'INVALID_ARGUMENT');
  await fails(
    t,
    () => openSound({ samples, sampleRate: 16000, channels: 3 }),
    'INVALID_ARGUMENT',
    /multiple of 3/,
  );
  await fails(
    t,
    () => openSound({ samples, sampleRate: 16000, channels: 0 }),
    'INVALID_ARGUMENT',
    /channels/,
  );
  await fails(
    t,
    () => openSound(null as never),
    'INVALID_ARGUMENT',
    /a path, bytes, a stream or PCM for speech/,
  );
  await fails(t, () => openSound(5 as never), 'INVALID_ARGUMENT');
});

t.test('too short is said with what there was', async (t) => {
  const error = speechTooShort(3, 16000, 25);
  t.equal(error.code, 'SPEECH_TOO_SHORT');
  t.match(error.message, /at least 40 ms.*3 samples at 16000 Hz \(0\.2 ms\)/);
});

t.test('abort and close end the decoder and remove temporary files', async (t) => {
  const folder = t.testdir({ 'long.wav': wav({ channels: [sine(60, 44100)], rate: 44100 }) });
  const file = join(folder, 'long.flac');
  ffmpeg('-i', join(folder, 'long.wav'), file);
  await fails(t, () => openSound(file, { signal: AbortSignal.abort() }), 'ABORTED');

  const controller = new AbortController();
  const aborted = await openSound(file, { signal: controller.signal });
  const reading = aborted.chunks()[Symbol.asyncIterator]();
  await reading.next();
  t.equal(processesWith(file).length, 1, 'the decoder waits for its reader');
  controller.abort();
  await fails(t, () => collect({ [Symbol.asyncIterator]: () => reading }), 'ABORTED');

  const closed = await openSound(file);
  const rest = closed.chunks()[Symbol.asyncIterator]();
  await rest.next();
  await closed.close();
  await fails(t, () => collect({ [Symbol.asyncIterator]: () => rest }), 'CLOSED');

  const left = await openSound(file);
  for await (const chunk of left.chunks()) {
    t.equal(chunk.length, 44100);
    break;
  }
  await left.close();
  t.same(processesWith(file), []);
});

t.test('a decoder killed half-way is FFMPEG_FAILED', async (t) => {
  const folder = t.testdir({ 'long.wav': wav({ channels: [sine(60, 44100)], rate: 44100 }) });
  const file = join(folder, 'killed.flac');
  ffmpeg('-i', join(folder, 'long.wav'), file);
  const sound = await openSound(file);
  const chunks = sound.chunks()[Symbol.asyncIterator]();
  await chunks.next();
  process.kill(Number.parseInt(processesWith(file)[0]!, 10), 'SIGKILL');
  await fails(
    t,
    () => collect({ [Symbol.asyncIterator]: () => chunks }),
    'FFMPEG_FAILED',
    /ended by SIGKILL/,
  );
  await sound.close();
});

t.test(
  'a file that may not be read',
  { skip: process.getuid?.() === 0 && 'root reads everything' },
  async (t) => {
    const file = join(t.testdir({ 'secret.wav': wav({ channels: [sine(1)] }) }), 'secret.wav');
    chmodSync(file, 0);
    await fails(t, () => openSound(file), 'FILE_NOT_FOUND', /may not be read/);
  },
);
