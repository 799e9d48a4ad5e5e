import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type LastingSound, openSound, openVideo } from '../dist/media/index.js';
import {
  babble,
  collect,
  ffmpeg,
  ffmpegs,
  frame,
  heard,
  lagOf,
  setEnvironment,
  wav,
} from './support/media.js';

const RATE = 16000;
const SECONDS = 2;
const FPS = 25;
/** Samples in a millisecond. */
const MILLISECOND = RATE / 1000;
/** Where two sounds are looked for beside each other: 60 ms to either side, more than a video frame. */
const RANGE = 60 * MILLISECOND;

/** A video with the track of a sound; and the sound as the engine gets it. */
async function encode(file: string, input: LastingSound): Promise<{ samples: Float32Array; rate: number }> {
  const sound = await openSound(input);
  const seen = await collect(sound.chunks());
  const frames = SECONDS * FPS;
  const video = await openVideo(file, { width: 64, height: 64, fps: FPS, frames, sound: sound.track });
  for (let i = 0; i < frames; i++) await video.write(frame('yuv420p', 64, 64, i));
  await video.finish();
  await sound.close();
  return { samples: seen, rate: sound.sampleRate };
}

/** Samples of 48 kHz as samples of 16 kHz: the mean of three, which is near enough to find them again. */
function at16k({ samples, rate }: { samples: Float32Array; rate: number }): Float32Array {
  const step = rate / RATE;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    const some = samples.subarray(i * step, (i + 1) * step);
    return some.reduce((sum, value) => sum + value, 0) / step;
  });
}

/** Sounds that two readers have read differently, or could. All say the same. */
function inputs(folder: string): Record<string, LastingSound> {
  const voice = babble(SECONDS, RATE);
  const other = babble(SECONDS, RATE, 99);
  const stereo = [voice, voice.map((value) => value / 2)];
  const at = (name: string, bytes: Buffer, ...args: string[]) => {
    const file = join(folder, name);
    ffmpeg('-f', 'wav', '-i', pathOf(folder, bytes), ...args, file);
    return file;
  };
  const mono = wav({ channels: [voice] });
  return {
    'WAV of 16 bits': mono,
    PCM: { samples: voice, sampleRate: RATE },
    'WAV of 24 valid bits in 32, extensible': wav({
      channels: stereo,
      coding: 's32',
      extensible: true,
      validBits: 24,
    }),
    'WAV of 24 bits in 32, by the block alone': wav({
      channels: stereo,
      coding: 's32',
      extensible: true,
      bits: 24,
    }),
    'WAV of 16 valid bits in 24, extensible': wav({
      channels: stereo,
      coding: 's24',
      extensible: true,
      validBits: 16,
    }),
    'WAV with a second chunk of samples': wav({ channels: [voice], second: [other] }),
    'WAV with a second chunk of samples after a trailer': wav({
      channels: [voice],
      trailer: true,
      second: [other],
    }),
    'WAV stream with a header for no samples': wav({ channels: [voice], dataSize: 0, riffSize: 36 }),
    'WAV with a block size of 0': wav({ channels: stereo, blockSize: 0 }),
    MP3: at('a.mp3', mono),
    'AAC in MP4': at('a.m4a', mono),
    'Opus in Ogg': at('a.opus', mono, '-ar', '48000', '-c:a', 'libopus'),
    FLAC: at('a.flac', mono),
  };
}

function pathOf(folder: string, bytes: Buffer): string {
  const file = join(folder, 'source.wav');
  writeFileSync(file, bytes);
  return file;
}

for (const program of ffmpegs()) {
  const which = program.includes('installer') ? 'the packaged ffmpeg' : 'the ffmpeg on PATH';
  t.test(`what is heard is what was seen, with ${which}`, async (t) => {
    setEnvironment(t, { FFMPEG_PATH: program });
    const folder = t.testdir();
    for (const [name, input] of Object.entries(inputs(folder))) {
      for (const kind of ['mp4', 'webm']) {
        const file = join(folder, `out.${kind}`);
        const seen = await encode(file, input);
        const { lag, correlation } = lagOf(heard(file), at16k(seen), RANGE);
        const late = lag / MILLISECOND;
        t.comment(`${name}, ${kind}: ${late.toFixed(2)} ms, correlation ${correlation.toFixed(4)}`);
        t.ok(correlation > 0.97, `${name}, ${kind}: the same sound (${correlation.toFixed(4)})`);
        t.ok(Math.abs(late) <= 2, `${name}, ${kind}: ${late.toFixed(2)} ms late`);
      }
    }
  });
}
