// What the package carries and how it is installed: the addon's lookup, the install script, the list of files.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const addon = path.join(root, 'build/Release/kdtalker.node');
/** native/build/elf.mjs, which has no types of its own. */
declare namespace Elf {
  const OLDEST: Record<'GLIBC' | 'GLIBCXX' | 'CXXABI', string>;
  function neededVersions(bytes: Buffer): string[];
  function tooYoung(versions: string[]): string[];
  function sonameOf(bytes: Buffer): string | undefined;
  function withSoname(bytes: Buffer, name: string): Buffer;
}
const prebuild = `prebuilds/${process.platform}-${process.arch}/kdtalker.glibc.node`;

/** An installed package without its dependencies for building: what npm unpacks from the published archive. */
function installedPackage(t: Test, files: Record<string, string>) {
  // Outside the checkout, whose node_modules would otherwise be found.
  const folder = mkdtempSync(path.join(tmpdir(), 'kdtalker-install-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  copyFileSync(path.join(root, 'CMakeLists.txt'), path.join(folder, 'CMakeLists.txt'));
  cpSync(path.join(root, 'native/build'), path.join(folder, 'native/build'), { recursive: true });
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(
    path.join(root, 'node_modules/node-gyp-build'),
    path.join(folder, 'node_modules/node-gyp-build'),
  );
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    copyFileSync(source, path.join(folder, file));
  }
  return folder;
}

function install(folder: string, env: NodeJS.ProcessEnv = {}) {
  const script = path.join(folder, 'native/build/install.mjs');
  return spawnSync(process.execPath, [script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

t.test('a package with a prebuilt addon installs without a word', async (t) => {
  const { status, stdout, stderr } = install(installedPackage(t, { [prebuild]: addon }));
  t.equal(status, 0);
  t.equal(stdout + stderr, '');
});

t.test('a package without a prebuilt addon says what to do', async (t) => {
  const { status, stderr } = install(installedPackage(t, {}));
  t.equal(status, 1);
  t.match(stderr, `Expected a prebuilt kdtalker addon for ${process.platform}-${process.arch}`);
  t.match(stderr, 'npm install --save-dev cmake-js');
  t.notMatch(stderr, /^\s+at /m, 'no stack trace');
});

t.test('a damaged prebuilt addon is not taken for a good one', async (t) => {
  const folder = installedPackage(t, { [prebuild]: path.join(root, 'package.json') });
  const { status, stderr } = install(folder);
  t.equal(status, 1);
  t.match(stderr, 'Expected a prebuilt kdtalker addon');
});

t.test('PREBUILDS_ONLY finds the prebuilt addon behind a stale build', async (t) => {
  const folder = installedPackage(t, { [prebuild]: addon });
  mkdirSync(path.join(folder, 'build/Release'), { recursive: true });
  writeFileSync(path.join(folder, 'build/Release/kdtalker.node'), 'stale');
  t.equal(install(folder, { PREBUILDS_ONLY: '1' }).status, 0);
  t.equal(install(folder).status, 1, 'without it the build comes first');
});

t.test('the addon shares no symbol but the two of Node-API', async (t) => {
  const table = execFileSync('nm', ['--dynamic', '--defined-only', addon], { encoding: 'utf8' });
  const names = table
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1) ?? '');
  t.notOk(names.find((name) => /Ort|kdtalker/.test(name)));
  t.ok(names.includes('napi_register_module_v1'));
});

t.test('the addon is linked with nothing but the C and C++ libraries', async (t) => {
  const header = execFileSync('readelf', ['--dynamic', '--wide', addon], { encoding: 'utf8' });
  const needed = [...header.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1] ?? '');
  const allowed = /^(libc|libm|libdl|libpthread|libstdc\+\+|libgcc_s|ld-linux-x86-64|ld-linux-aarch64)\.so/;
  t.same(
    needed.filter((name) => !allowed.test(name)),
    [],
  );
  t.match(header, 'NODELETE');
});

const OLDEST_OF_DOCS = /glibc (\S+) and the libstdc\+\+ of GCC \d+ \(GLIBCXX (\S+)\)/;

t.test('what is shipped loads on the oldest system that the documentation names', async (t) => {
  const { neededVersions, sonameOf, tooYoung, withSoname, OLDEST } = (await import(
    path.join(root, 'native/build/elf.mjs')
  )) as typeof Elf;
  const { runtimeLibrary } = (await import(path.join(root, 'native/build/runtime.mjs'))) as {
    runtimeLibrary(): string;
  };
  const said = OLDEST_OF_DOCS.exec(readFileSync(path.join(root, 'docs/install.md'), 'utf8'))!;
  t.match({ GLIBC: said[1], GLIBCXX: said[2] }, { GLIBC: OLDEST.GLIBC, GLIBCXX: OLDEST.GLIBCXX });
  const runtime = readFileSync(runtimeLibrary());
  for (const bytes of [readFileSync(addon), runtime]) {
    const versions = neededVersions(bytes);
    t.ok(versions.includes('GLIBC_2.2.5'), 'versions were read');
    t.same(tooYoung(versions), []);
  }
  t.same(tooYoung(['GLIBC_2.34', 'GLIBC_2.35', 'GLIBCXX_3.4.30', 'GLIBCXX_3.4.9']), [
    'GLIBC_2.35',
    'GLIBCXX_3.4.30',
  ]);
  const renamed = withSoname(runtime, 'libkdtalkerort.so.1');
  t.equal(sonameOf(runtime), 'libonnxruntime.so.1');
  t.equal(sonameOf(renamed), 'libkdtalkerort.so.1');
  t.throws(() => withSoname(runtime, 'a-name-that-is-longer.so.1'));
});

t.test('npm pack does not touch the checkout: it says how to pack a copy', async (t) => {
  const { status, stderr } = spawnSync('npm', ['pack', '--dry-run'], { cwd: root, encoding: 'utf8' });
  t.not(status, 0);
  t.match(stderr, /Run: npm run package/);
  t.ok(existsSync(path.join(root, 'dist/index.js')));
  t.ok(existsSync(addon));
});

t.test('the archive holds what runs and what builds, and nothing else', async (t) => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  const names = files.map((file) => file.path);
  for (const name of [
    'bin/kdtalker.js',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/built-in/puppet/pack.json',
    'examples/portrait.png',
    'examples/speech.wav',
    'benchmarks/bench.js',
    'benchmarks/reference.py',
    'training/cli.py',
  ])
    t.ok(names.includes(name), name);
  for (const name of ['native/build/install.mjs', 'CMakeLists.txt', 'binding.gyp', 'LICENSE', 'README.md'])
    t.ok(names.includes(name), name);
  t.same(
    names.filter((name) => /^(lib|test|build|docs|\.ci|node_modules)\//.test(name)),
    [],
  );
});

t.test('the lock file names versions and hashes, and no registry', async (t) => {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string; integrity?: string }>;
  };
  const entries = Object.entries(lock.packages).filter(([name]) => name !== '');
  t.same(
    entries.filter(([, entry]) => entry.resolved !== undefined || entry.integrity === undefined),
    [],
  );
});
