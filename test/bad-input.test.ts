import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { type Clip, Motion, readPack, Talker } from 'kdtalker';
import sharp from 'sharp';
import t, { type Test } from 'tap';
import { fails, ffmpeg, mountTmpfs, names, processesWith, setEnvironment, wav } from './support/media.js';
import {
  endedWith,
  framesOf,
  hashOf,
  loadBoth,
  loadTalker,
  portraitFile,
  runProgram,
  SAMPLE_RATE,
  speech,
  speechWav,
} from './support/talker.js';

const PUPPET = (await readPack('puppet')).directory;

/** The message's form: what was expected, what was received, and what to do. */
const SENTENCE = /[Ee]xpected .+ but .+/s;

type Refused = (name: string, call: () => Promise<unknown>, code: string, advice: RegExp) => Promise<void>;

/**
 * Makes a function that runs a call, expects it to fail with a code and advice, and then checks that the folder is unchanged and that the
 * talker still works.
 */
function refusing(t: Test, both: Both, folder: string): Refused {
  return async (name, call, code, advice) => {
    const before = names(folder);
    t.comment(name);
    const error = await fails(t, call, code, advice);
    t.match(error?.message, SENTENCE, `${name}: ${error?.message}`);
    t.same(names(folder), before, `${name}: nothing is left behind`);
    const again = await hashOf(both.talker.animate(both.portrait, speech(1)));
    t.equal(again, both.hash, `${name}: the talker works as before`);
  };
}

interface Both extends Awaited<ReturnType<typeof loadBoth>> {
  hash: string;
}

async function load(t: Test): Promise<Both> {
  const both = await loadBoth(t);
  return { ...both, hash: await hashOf(both.talker.animate(both.portrait, speech(1))) };
}

/** A PNG whose header claims a size; its pixels are too few. */
function pngClaiming(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const part = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const [size, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(body.length);
    crc.writeUInt32BE(crc32(part));
    return Buffer.concat([size, part, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const data = deflateSync(Buffer.alloc(100));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#557799' } })
    .png()
    .toBuffer();

t.test('pictures', async (t) => {
  const both = await load(t);
  const folder = t.testdir({ 'text.png': 'this is no picture\n', 'empty.png': '' });
  const refused = refusing(t, both, folder);
  const at = (name: string) => `${folder}/${name}`;
  const whole = readFileSync(portraitFile);
  writeFileSync(at('cut.png'), whole.subarray(0, whole.length / 2));
  writeFileSync(at('tiny.png'), await blank(1, 1));
  writeFileSync(at('huge.png'), pngClaiming(20000, 20000));
  writeFileSync(at('blank.png'), await blank(400, 300));
  const cases: [string, string, RegExp][] = [
    ['missing.png', 'FILE_NOT_FOUND', /missing\.png.*Check the path/],
    ['', 'FILE_NOT_FOUND', /Check the path/],
    ['.', 'FILE_NOT_FOUND', /a directory/],
    ['text.png', 'PICTURE_UNREADABLE', /Give a whole PNG/],
    ['empty.png', 'PICTURE_UNREADABLE', /is empty/],
    ['cut.png', 'PICTURE_UNREADABLE', /damaged.*Give a whole PNG/],
    ['tiny.png', 'PICTURE_TOO_SMALL', /1x1.*larger picture/],
    ['huge.png', 'PICTURE_TOO_LARGE', /20000x20000.*Scale it down/],
    ['blank.png', 'NO_FACE', /best score.*another picture/],
  ];
  for (const [name, code, advice] of cases) {
    await refused(name || 'no name', () => both.talker.portrait(name ? at(name) : ''), code, advice);
  }
  await refused('no bytes', () => both.talker.portrait(Buffer.alloc(0)), 'PICTURE_UNREADABLE', /empty/);
  const short = { data: new Uint8Array(10), width: 64, height: 64, channels: 3 as const };
  await refused('too few pixels', () => both.talker.portrait(short), 'INVALID_ARGUMENT', /12288 bytes/);
});

t.test('a picture of 1x1 or 20000x20000 pixels without looking for a face', async (t) => {
  const { talker } = await loadBoth(t);
  await fails(t, async () => talker.portrait(await blank(1, 1), { crop: 'none' }), 'PICTURE_TOO_SMALL');
  await fails(t, () => talker.portrait(pngClaiming(20000, 20000), { crop: 'none' }), 'PICTURE_TOO_LARGE');
});

t.test('speech', async (t) => {
  const both = await load(t);
  const folder = t.testdir({ 'text.wav': 'this is no sound\n', 'empty.wav': '' });
  const refused = refusing(t, both, folder);
  const at = (name: string) => `${folder}/${name}`;
  writeFileSync(at('none.wav'), wav({ channels: [[]] }));
  writeFileSync(at('three.wav'), wav({ channels: [[0.1, 0.2, 0.3]] }));
  writeFileSync(
    at('nan.wav'),
    wav({ channels: [Array.from({ length: 3200 }, (_, i) => (i === 3000 ? Number.NaN : 0))], coding: 'f32' }),
  );
  writeFileSync(
    at('inf.wav'),
    wav({ channels: [new Array(3200).fill(Number.POSITIVE_INFINITY)], coding: 'f32' }),
  );
  ffmpeg('-f', 'lavfi', '-i', 'color=red:s=64x64:d=0.2', '-c:v', 'libx264', at('silent.mp4'));
  const cases: [string, string, RegExp][] = [
    ['missing.wav', 'FILE_NOT_FOUND', /missing\.wav.*Check the path/],
    ['text.wav', 'SPEECH_UNREADABLE', /Give a sound or video file/],
    ['empty.wav', 'SPEECH_EMPTY', /is empty/],
    ['none.wav', 'SPEECH_EMPTY', /no samples/],
    ['three.wav', 'SPEECH_TOO_SHORT', /3 samples/],
    ['nan.wav', 'SPEECH_NOT_FINITE', /3000/],
    ['inf.wav', 'SPEECH_NOT_FINITE', /0/],
    ['silent.mp4', 'SPEECH_EMPTY', /no sound track/],
  ];
  for (const [name, code, advice] of cases) {
    const clip = () => both.talker.animate(both.portrait, at(name));
    await refused(name, () => framesOf(clip()), code, advice);
    await refused(`${name}, saved`, () => clip().save(at('out.mp4')), code, advice);
  }
  const pcm: [Float32Array, string][] = [
    [new Float32Array(0), 'SPEECH_EMPTY'],
    [new Float32Array(639), 'SPEECH_TOO_SHORT'],
    [new Float32Array(6400).fill(Number.NaN), 'SPEECH_NOT_FINITE'],
  ];
  for (const [samples, code] of pcm) {
    const clip = both.talker.animate(both.portrait, { samples, sampleRate: SAMPLE_RATE });
    await refused(`${samples.length} samples of PCM`, () => clip.motion(), code, /./);
  }
  const one = both.talker.animate(both.portrait, { samples: new Float32Array(640), sampleRate: SAMPLE_RATE });
  t.equal((await framesOf(one)).length, 1, '640 samples are one frame');
});

t.test('outputs', async (t) => {
  const both = await load(t);
  const folder = t.testdir({ taken: {}, 'old.mp4': 'old', file: 'no folder' });
  const refused = refusing(t, both, folder);
  const at = (name: string) => `${folder}/${name}`;
  const clip = both.talker.animate(both.portrait, speech(4));
  const cases: [string, string, RegExp, object?][] = [
    [at('talk.avi'), 'OUTPUT_FORMAT', /\.mp4, \.webm or \.gif/],
    [at('talk'), 'OUTPUT_FORMAT', /talk'/],
    [at('missing/talk.mp4'), 'OUTPUT_UNWRITABLE', /missing/],
    [at('file/talk.mp4'), 'OUTPUT_UNWRITABLE', /file/],
    [at('file/%05d.png'), 'OUTPUT_UNWRITABLE', /not a directory/],
    [at('old.mp4'), 'OUTPUT_UNWRITABLE', /exists/, { overwrite: false }],
    [at('talk.mp4'), 'INVALID_ARGUMENT', /crf/, { crf: 99 }],
    [at('talk.mp4'), 'INVALID_ARGUMENT', /preset/, { preset: 'quick' }],
    [at('talk.mp4'), 'INVALID_ARGUMENT', /received 'fps'/, { fps: 30 }],
    [at('talk.mp4'), 'FILE_NOT_FOUND', /music/, { sound: at('music.mp3') }],
  ];
  for (const [file, code, advice, options] of cases) {
    await refused(file.slice(folder.length), () => clip.save(file, options), code, advice);
  }
  t.equal(readFileSync(at('old.mp4'), 'utf8'), 'old', 'what was there before is untouched');
  await fails(t, () => clip.save(5 as never), 'INVALID_ARGUMENT', /a path/);
});

t.test('a folder that may not be written', async (t) => {
  const both = await load(t);
  const clip = both.talker.animate(both.portrait, speech(4));
  const locked = mountTmpfs(t, 'ro');
  if (locked === undefined) return t.comment('not allowed to mount: skipped');
  const refused = refusing(t, both, locked);
  for (const save of [
    () => clip.save(`${locked}/talk.mp4`),
    () => clip.save(`${locked}/%d.png`),
    () => clip.save(`${locked}/frames/`),
    () => both.portrait.save(`${locked}/face`),
  ]) {
    await refused('read-only', save, 'OUTPUT_UNWRITABLE', /another place|Choose|writ/i);
  }
});

t.test('a disk that is full', async (t) => {
  const both = await load(t);
  const small = mountTmpfs(t, 'size=64k');
  if (small === undefined) return t.comment('not allowed to mount: skipped');
  const refused = refusing(t, both, small);
  const clip = both.talker.animate(both.portrait, speech(40));
  for (const name of ['talk.mp4', 'talk.webm', 'talk.gif', '%05d.png']) {
    await refused(
      name,
      () => clip.save(`${small}/${name}`, name.endsWith('mp4') ? { crf: 0 } : {}),
      'OUTPUT_DISK_FULL',
      /full|space/,
    );
  }
  await refused('a portrait', () => both.portrait.save(`${small}/face`), 'OUTPUT_DISK_FULL', /full|space/);
  const motion = new Motion(new Float32Array(500 * 70).fill(0.1));
  await refused('a motion', () => motion.save(`${small}/m.json`), 'OUTPUT_DISK_FULL', /full|space/);
});

t.test('a pack that is damaged', async (t) => {
  const both = await load(t);
  const folder = t.testdir({ pack: {} });
  const refused = refusing(t, both, folder);
  const fresh = () => {
    cpSync(PUPPET, `${folder}/pack`, { recursive: true });
    return `${folder}/pack`;
  };
  for (const role of ['appearance', 'motion', 'audio', 'denoiser', 'renderer']) {
    const file = `${fresh()}/${role}.onnx`;
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)]! ^= 4;
    writeFileSync(file, bytes);
    await refused(
      `${role}, a bit flipped`,
      () => Talker.load(`${folder}/pack`),
      'PACK_DAMAGED',
      /SHA-256.*again/s,
    );
  }
  writeFileSync(`${fresh()}/audio.onnx`, readFileSync(`${PUPPET}/audio.onnx`).subarray(0, 1000));
  await refused('cut short', () => Talker.load(`${folder}/pack`), 'PACK_DAMAGED', /1000 bytes.*again/);
  const manifest = readFileSync(`${PUPPET}/pack.json`, 'utf8');
  for (const [broken, advice] of [
    ['', /JSON/],
    [manifest.slice(0, 200), /JSON/],
    [manifest.replace('"format": 1', '"format": 2'), /format/],
    [manifest.replace('"fps": 25', '"fps": "25"'), /fps/],
  ] as const) {
    writeFileSync(`${fresh()}/pack.json`, broken);
    await refused('pack.json', () => Talker.load(`${folder}/pack`), 'PACK_INVALID', advice);
  }
  await refused('no pack', () => Talker.load(`${folder}/nothing`), 'PACK_NOT_FOUND', /nothing/);
});

t.test('graphs with right hashes and wrong insides', async (t) => {
  const both = await load(t);
  const folder = t.testdir({ pack: {} });
  const refused = refusing(t, both, folder);
  const { createHash } = await import('node:crypto');
  const cases: [string, Buffer, string, RegExp][] = [
    ['renderer', Buffer.from('no graph'), 'PACK_DAMAGED', /ONNX/],
    ['renderer', readFileSync(`${PUPPET}/audio.onnx`), 'PACK_INVALID', /f_s|tensor/],
    ['denoiser', readFileSync(`${PUPPET}/motion.onnx`), 'PACK_INVALID', /tensor/],
  ];
  for (const [role, model, code, advice] of cases) {
    cpSync(PUPPET, `${folder}/pack`, { recursive: true });
    const manifest = JSON.parse(readFileSync(`${PUPPET}/pack.json`, 'utf8'));
    const entry = Object.values<{ file: string }>(manifest.roles).find(
      ({ file }) => file === `${role}.onnx`,
    )!;
    Object.assign(entry, { bytes: model.length, sha256: createHash('sha256').update(model).digest('hex') });
    writeFileSync(`${folder}/pack/${role}.onnx`, model);
    writeFileSync(`${folder}/pack/pack.json`, JSON.stringify(manifest));
    const use = async () => {
      const talker = await Talker.load(`${folder}/pack`);
      t.teardown(() => talker.close());
      await framesOf(talker.animate(await talker.portrait(portraitFile), speech(1)));
    };
    await refused(`${role} is another graph`, use, code, advice);
  }
});

t.test('devices', async (t) => {
  const both = await load(t);
  const folder = t.testdir();
  const refused = refusing(t, both, folder);
  const load_ = (device: string) => () => Talker.load('puppet', { device });
  await refused(
    'unknown',
    load_('gpu'),
    'DEVICE_UNKNOWN',
    /'auto', 'cpu', 'cuda', 'cuda:N', 'tensorrt:N' or 'guarded'/,
  );
  await refused('without a GPU', load_('cuda'), 'DEVICE_UNAVAILABLE', /^Expected .*GPU|^Expected .*driver/);
});

t.test('no ffmpeg at all', async (t) => {
  const folder = t.testdir({ empty: {} });
  const result = await runProgram('without-ffmpeg', folder, {
    env: { PATH: `${folder}/empty`, FFMPEG_PATH: undefined, HIDDEN_PACKAGES: '@ffmpeg-installer' },
    node: ['--import', fileURLToPath(new URL('./programs/hide-packages.mjs', import.meta.url))],
  });
  endedWith(t, result, 0, 'without ffmpeg');
  t.match(result.stdout, /^mp4: FFMPEG_NOT_FOUND Expected an ffmpeg .*Install ffmpeg/m);
  t.match(result.stdout, /^mp3: FFMPEG_NOT_FOUND/m);
  t.match(result.stdout, /^png: 2 frames from a WAV file/m, 'pictures and WAV need no ffmpeg');
  t.same(names(folder), ['empty', 'frames', 'speech-60.wav', 'speech.mp3'], 'nothing is left of the video');
});

t.test('an FFMPEG_PATH that is no program', async (t) => {
  const both = await load(t);
  const folder = t.testdir({ 'ffmpeg.txt': 'no program' });
  const refused = refusing(t, both, folder);
  setEnvironment(t, { FFMPEG_PATH: `${folder}/ffmpeg.txt` });
  const clip = both.talker.animate(both.portrait, speech(2));
  await refused(
    'FFMPEG_PATH',
    () => clip.save(`${folder}/x.mp4`),
    'FFMPEG_NOT_FOUND',
    /FFMPEG_PATH.*Correct or unset it/,
  );
});

/** Kills the encoder of this process that writes a file of this name. */
function killEncoder(name: string): number {
  const mine = processesWith(`.${name}.kdtalker-${process.pid}-`).map((line) => Number.parseInt(line, 10));
  const children = mine.filter(
    (pid) => existsSync(`/proc/${pid}`) && readlinkSync(`/proc/${pid}/exe`) !== process.execPath,
  );
  for (const pid of children) process.kill(pid, 'SIGKILL');
  return children.length;
}

t.test('an ffmpeg that is killed half-way', async (t) => {
  const both = await load(t);
  const folder = t.testdir();
  const refused = refusing(t, both, folder);
  for (const name of ['talk.mp4', 'talk.webm', 'talk.gif']) {
    const clip: Clip = both.talker.animate(both.portrait, speech(60));
    let killed = 0;
    clip.on('progress', ({ stage, done }) => {
      if (stage === 'encode' && done === 10) killed = killEncoder(name);
    });
    await refused(name, () => clip.save(`${folder}/${name}`), 'FFMPEG_FAILED', /killed|SIGKILL/);
    t.equal(killed, 1, 'one encoder was killed');
    t.same(processesWith(`.${name}.kdtalker-${process.pid}-`), []);
  }
});

t.test('a decoder that is killed half-way', async (t) => {
  const both = await load(t);
  const folder = t.testdir();
  const refused = refusing(t, both, folder);
  const script = `${folder}/ffmpeg`;
  // A decoder that begins well and is then killed from outside.
  writeFileSync(script, `#!/bin/sh\ncat '${speechWav(folder, 60)}' | head -c 20000\nkill -KILL $$\n`);
  chmodSync(script, 0o755);
  writeFileSync(`${folder}/speech.mp3`, 'ID3 anything');
  setEnvironment(t, { FFMPEG_PATH: script });
  const clip = both.talker.animate(both.portrait, `${folder}/speech.mp3`);
  await refused('killed decoder', () => clip.motion(), 'FFMPEG_FAILED', /SIGKILL/);
});

t.test('one talker takes all of it, one after the other and at once', async (t) => {
  const talker = await loadTalker(t);
  const portrait = await talker.portrait(portraitFile);
  const folder = t.testdir({ 'bad.wav': 'no sound' });
  mkdirSync(`${folder}/out`);
  const bad = [
    () => framesOf(talker.animate(portrait, `${folder}/bad.wav`)),
    () => talker.animate(portrait, speech(3)).save(`${folder}/none/x.mp4`),
    () => talker.portrait(`${folder}/none.png`),
    () => talker.loadPortrait(`${folder}/bad.wav`),
    () => talker.animate(portrait, speech(3), { signal: AbortSignal.abort() }).motion(),
  ];
  const good = () => hashOf(talker.animate(portrait, speech(2)));
  const expected = await good();
  const results = await Promise.allSettled([...bad, ...bad, good, good].map((work) => work()));
  t.same(
    results.map(({ status }) => status === 'fulfilled'),
    [...new Array(10).fill(false), true, true],
  );
  for (const result of results.slice(10))
    t.equal((result as PromiseFulfilledResult<unknown>).value, expected);
  t.same(names(`${folder}/out`), []);
});
