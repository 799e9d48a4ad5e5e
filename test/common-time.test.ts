import { join } from 'node:path';
import t from 'tap';
import { FrameSource, openSound } from '../dist/media/index.js';
import { collect, fails, ffmpeg, ffmpegs, setEnvironment } from './support/media.js';

const FPS = 25;
/** When the picture turns white and the tone begins, in seconds; both last a fifth of one. */
const EVENT = 2;
const LENGTH = 3;
/** Every case of every kind by every ffmpeg: KDTALKER_LONG=1 npx tap test/common-time.test.ts. Else every ffmpeg reads a quarter of these. */
const LONG = process.env.KDTALKER_LONG === '1';

const PICTURES = [
  ...['-f', 'lavfi', '-i', `color=black:s=64x64:r=${FPS}:d=${LENGTH}`],
  ...['-f', 'lavfi', '-i', `aevalsrc='if(between(t,2,2.2),0.5*sin(2*PI*440*t),0)':s=48000:d=${LENGTH}`],
];
const FLASH = `drawbox=c=white:t=fill:enable='between(t,${EVENT - 0.001},${EVENT + 0.199})'`;

const CODECS: Record<string, string[]> = {
  mp4: ['-c:v', 'libx264', '-g', '10', '-c:a', 'aac'],
  mkv: ['-c:v', 'libx264', '-c:a', 'libmp3lame'],
  webm: ['-c:v', 'libvpx', '-cpu-used', '8', '-deadline', 'realtime', '-c:a', 'libopus'],
  ts: ['-c:v', 'libx264', '-c:a', 'aac'],
  mpg: ['-c:v', 'mpeg2video', '-c:a', 'mp2'],
  mov: ['-c:v', 'libx264', '-c:a', 'pcm_s16le'],
};

/** The seconds at which pictures turn white and sound begins, as the library reads them. */
async function events(file: string): Promise<{ seen: number; heard: number }> {
  const source = await FrameSource.open(file, { fps: FPS, signal: undefined });
  const whites: number[] = [];
  let index = 0;
  for await (const { data } of source.frames()) {
    if (data[data.length >> 1]! > 128) whites.push(index);
    index += 1;
  }
  await source.close();
  const sound = await openSound(file);
  const samples = await collect(sound.chunks());
  await sound.close();
  const first = samples.findIndex((sample) => Math.abs(sample) > 0.1);
  return { seen: whites[0]! / FPS, heard: first / sound.sampleRate };
}

const always = { pictures: '', sound: '' };
/** What is cut out of the tracks, each of which keeps its times. */
const cases: Record<string, { pictures: string; sound: string }> = {
  'both tracks whole': always,
  'sound that begins 0.5 s late': { ...always, sound: ',atrim=start=0.5' },
  'pictures that begin 0.4 s late': { ...always, pictures: ',trim=start=0.4' },
  'sound with a hole of a second': { ...always, sound: ",aselect='not(between(t,0.6,1.6))'" },
  'both late': { pictures: ',trim=start=0.8', sound: ',atrim=start=0.6' },
};

const programs = ffmpegs();

/** Whether a case of a kind, by their places, is this ffmpeg's turn: a quarter of all pairs, in which every case and every kind is. */
const takesTurn = (program: string, place: number) => LONG || place % 4 === programs.indexOf(program);

for (const program of programs) {
  const which = program.includes('installer') ? 'the packaged ffmpeg' : 'the ffmpeg on PATH';
  t.test(`pictures and sound of one file keep time, with ${which}`, async (t) => {
    setEnvironment(t, { FFMPEG_PATH: program });
    const folder = t.testdir();
    for (const [i, [name, { pictures, sound }]] of Object.entries(cases).entries()) {
      for (const [j, [kind, codecs]] of Object.entries(CODECS).entries()) {
        if (!takesTurn(program, i + j)) continue;
        if (kind === 'mov' && sound.includes('aselect')) continue; // PCM in MOV has no gaps
        const file = join(folder, `a.${kind}`);
        const filters = ['-vf', FLASH + pictures, '-af', `anull${sound}`, '-vsync', '0'];
        ffmpeg(...PICTURES, ...filters, '-pix_fmt', 'yuv420p', ...codecs, file);
        const { seen, heard } = await events(file);
        const apart = 1000 * (heard - seen);
        t.comment(
          `${name}, ${kind}: seen ${seen.toFixed(3)}, heard ${heard.toFixed(3)}: ${apart.toFixed(1)} ms`,
        );
        t.ok(Math.abs(apart) <= 40, `${name}, ${kind}: ${apart.toFixed(1)} ms apart`);
      }
    }
  });

  t.test(`a file that was cut keeps time, with ${which}`, async (t) => {
    setEnvironment(t, { FFMPEG_PATH: program });
    const folder = t.testdir();
    const whole = join(folder, 'whole.mp4');
    ffmpeg(...PICTURES, '-vf', FLASH, '-pix_fmt', 'yuv420p', ...CODECS.mp4!, whole);
    const cut = join(folder, 'cut.mp4');
    // An edit list hides the pictures from the key frame before, and the samples before.
    ffmpeg('-ss', '0.73', '-i', whole, '-c', 'copy', cut);
    const { seen, heard } = await events(cut);
    t.comment(`seen ${seen}, heard ${heard}`);
    t.ok(Math.abs(heard - seen) <= 0.04, `${(1000 * (heard - seen)).toFixed(1)} ms apart`);
  });
}

t.test('sound that is in time is not changed by a bit', async (t) => {
  const folder = t.testdir();
  const source = [
    '-f',
    'lavfi',
    '-i',
    'aevalsrc=0.4*sin(2*PI*330*t)+0.1*random(0)|0.3*random(1):s=44100:d=3',
  ];
  const kinds: Record<string, string[]> = {
    'a.mp3': [],
    'a.m4a': [],
    'a.flac': [],
    'a.opus': ['-c:a', 'libopus', '-ar', '48000'],
    'a.webm': ['-c:a', 'libopus', '-ar', '48000'],
    'b.webm': ['-c:a', 'libvorbis'],
    'a.ogg': ['-c:a', 'libvorbis'],
    'a.mka': ['-c:a', 'aac'],
    'a.ts': ['-c:a', 'mp2'],
    'a.avi': ['-c:a', 'mp3'],
    'a.flv': ['-c:a', 'aac'],
    'a.aac': [],
  };
  for (const [name, codec] of Object.entries(kinds)) {
    const file = join(folder, name);
    ffmpeg(...source, ...codec, file);
    const plain = ffmpeg('-i', file, '-map', '0:a:0', '-c:a', 'pcm_f32le', '-f', 'f32le', 'pipe:1');
    const sound = await openSound(file);
    const samples = await collect(sound.track.blocks());
    await sound.close();
    t.ok(plain.equals(Buffer.from(samples.buffer)), name);
  }
});

t.test('a few bytes that claim sound for a day', async (t) => {
  const file = join(t.testdir(), 'day.mka');
  const gap = "asetpts='PTS+if(gt(N,0),1e5/TB,0)'";
  ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-af', gap, '-c:a', 'pcm_s16le', file);
  const message = /at most 5 s of sound .*day\.mka' is longer.*WAV/;
  for (const of of ['chunks', 'track'] as const) {
    const sound = await openSound(file, { maxSeconds: 5 });
    const read = () => collect(of === 'chunks' ? sound.chunks() : sound.track.blocks());
    await fails(t, read, 'SPEECH_TOO_LONG', message);
    await sound.close();
  }
  ffmpeg('-f', 'lavfi', '-i', 'sine=d=5', '-c:a', 'pcm_s16le', file);
  const sound = await openSound(file, { maxSeconds: 5 });
  t.equal((await collect(sound.chunks())).length, 5 * sound.sampleRate, 'the longest that is accepted');
  await sound.close();
});

t.test('the track of sound that the file marks, or the one asked for', async (t) => {
  const file = join(t.testdir(), 'two.mkv');
  const tone = (volume: number) => ['-f', 'lavfi', '-i', `aevalsrc=${volume}:s=16000:d=1`];
  const marks = ['-disposition:a:0', '0', '-disposition:a:1', 'default'];
  ffmpeg(...tone(0.125), ...tone(0.5), '-map', '0', '-map', '1', '-c:a', 'pcm_s16le', ...marks, file);
  for (const [track, expected] of [
    [undefined, 0.5],
    [0, 0.125],
    [1, 0.5],
  ] as const) {
    const sound = await openSound(file, { track });
    t.equal((await collect(sound.chunks()))[100], expected, `track ${track}`);
    await sound.close();
  }
  await t.rejects(openSound(file, { track: 2 }), {
    code: 'INVALID_ARGUMENT',
    message: /from 0 to 1 for soundTrack/,
  });
});
