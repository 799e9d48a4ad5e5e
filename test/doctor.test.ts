import { chmodSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { events, run } from './support/cli.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Finding {
  name: string;
  state: string;
  found: string;
  advice?: string;
  details?: Record<string, unknown>;
}

async function examine(env: Record<string, string> = {}, bin?: string) {
  const ended = await run(['doctor', '--json'], { env, ...(bin !== undefined && { bin }) });
  const [report] = events(ended) as unknown as { ready: boolean; checks: Finding[] }[];
  const of = (name: string) => report!.checks.find((check) => check.name === name)!;
  return { code: ended.code, stderr: ended.stderr, ready: report!.ready, checks: report!.checks, of };
}

t.test('here a clip can be made', async (t) => {
  const { code, stderr, ready, checks, of } = await examine();
  t.equal(code, 0, JSON.stringify(checks));
  t.equal(stderr, '');
  t.equal(ready, true);
  for (const name of [
    'Node.js',
    'addon',
    'ONNX Runtime',
    'device cpu',
    'device guarded',
    'packs',
    'faces',
    'sharp',
    'ffmpeg',
  ]) {
    t.equal(of(name).state, 'ok', `${name}: ${of(name).found}`);
  }
  t.match(of('addon').details, { file: /\.node$/ });
  t.match(of('ONNX Runtime').details, { version: /^1\.\d+/, source: /^(prebuilds|onnxruntime-node)$/ });
  t.match(of('ffmpeg').details, { source: String, version: String, formats: ['mp4', 'webm', 'gif'] });
  t.match(of('packs').found, /puppet \d+\.\d+\.\d+ \(6 files verified\)/);
  t.match(of('faces'), {
    found: 'BlazeFace and Face Mesh (built in), verified',
    details: { packs: { puppet: 'BlazeFace and Face Mesh (built in)' } },
  });
  t.match(of('machine').details, { cores: Number, memory: Number });
  t.match(of('GPUs').state, /^(ok|note)$/, 'no clip needs a GPU');
});

t.test('for people: one line a check, and what to do below', async (t) => {
  const fine = await run(['doctor']);
  t.match(fine, { code: 0, stdout: /\nok +ffmpeg +\S+.*\n.*A clip can be made\.\n$/s, stderr: '' });
  for (const line of fine.stdout.split('\n')) t.ok(line.length <= 110, line);
  const broken = await run(['doctor'], { env: { FFMPEG_PATH: '/nowhere' } });
  t.match(broken, {
    code: 1,
    stdout: /\nMISSING +ffmpeg .*\nWhat to do:\n {2}- ffmpeg: Correct or unset it\./s,
  });
});

/** An ffmpeg with a given list of encoders. */
function fakeFfmpeg(folder: string, encoders: readonly string[], version = '9.9'): string {
  const file = join(folder, 'ffmpeg');
  const lines = encoders.map((name) => ` V....D ${name}            something`).join('\n');
  const body = `case "$*" in *-encoders*) echo '${lines}';; *) echo 'ffmpeg version ${version} Copyright';; esac`;
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

t.test('an ffmpeg that lacks encoders', async (t) => {
  const folder = t.testdir();
  const some = await examine({ FFMPEG_PATH: fakeFfmpeg(folder, ['libx264', 'aac', 'gif']) });
  t.equal(some.code, 0);
  t.match(some.of('ffmpeg'), {
    state: 'note',
    advice: /without libvpx-vp9, libopus/,
    details: { formats: ['mp4', 'gif'], version: '9.9' },
  });
  const none = await examine({ FFMPEG_PATH: fakeFfmpeg(folder, ['gif']) });
  t.equal(none.code, 1);
  t.match(none.of('ffmpeg'), { state: 'missing', advice: /libx264, aac/ });
});

t.test('an outdated ffmpeg', async (t) => {
  const all = ['libx264', 'aac', 'libvpx-vp9', 'libopus', 'gif'];
  const old = await examine({ FFMPEG_PATH: fakeFfmpeg(t.testdir(), all, '4.2.7') });
  t.equal(old.code, 0, 'a clip can be made');
  t.match(old.of('ffmpeg'), {
    state: 'note',
    advice: /4\.2\.7\) is older than 4\.4: vulnerabilities .* Use it only for files that you trust/,
    details: { version: '4.2.7', outdated: true },
  });
});

t.test('no ONNX Runtime: told once, not by everything that needs it', async (t) => {
  const { code, of } = await examine({ KDTALKER_ORT: '/nowhere/libonnxruntime.so' });
  t.equal(code, 1);
  t.equal(of('addon').state, 'ok');
  t.match(of('ONNX Runtime'), {
    state: 'missing',
    found: /\/nowhere\/libonnxruntime\.so/,
    details: { code: 'RUNTIME_NOT_FOUND' },
  });
  t.match(of('device cpu'), { state: 'missing', found: 'needs: ONNX Runtime' });
  t.match(of('faces'), { state: 'missing', found: 'needs: ONNX Runtime' });
  t.equal(of('packs').state, 'ok');
});

/** The package with files of its own in dist/; the rest is linked. */
function copyOfPackage(t: Test): string {
  const folder = t.testdir();
  for (const name of ['dist', 'bin', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of ['node_modules', 'build']) symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

t.test('damaged packs and networks, and no addon', async (t) => {
  const folder = copyOfPackage(t);
  const bin = join(folder, 'bin/kdtalker.js');
  const { of: whole } = await examine({}, bin);
  t.equal(whole('packs').state, 'ok', 'the copy is whole');
  const { directory } = events(await run(['packs', 'info', 'puppet', '--json'], { bin }))[0]!.pack as {
    directory: string;
  };
  for (const file of [join(directory, 'denoiser.onnx'), join(directory, '../faces/mesh.onnx')]) {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
  }
  const damaged = await examine({}, bin);
  t.equal(damaged.code, 1);
  t.match(damaged.of('packs'), {
    state: 'missing',
    found: /denoiser\.onnx/,
    details: { code: 'PACK_DAMAGED' },
  });
  t.match(damaged.of('device cpu'), { state: 'missing', found: 'needs: packs' });
  t.match(damaged.of('faces'), { state: 'missing', found: /mesh\.onnx/, details: { code: 'PACK_DAMAGED' } });

  const bare = await examine({ PREBUILDS_ONLY: '1' }, bin);
  t.match(bare.of('addon'), {
    state: 'missing',
    advice: /npm run build:native/,
    details: { code: 'ADDON_NOT_FOUND' },
  });
  t.match(bare.of('ONNX Runtime'), { state: 'missing', found: 'needs: addon' });
});
