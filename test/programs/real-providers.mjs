// `npm run test:providers`: loads the real CUDA provider of ONNX Runtime, which a package of npm has (179 MB), on a machine without a GPU. The
// libraries of NVIDIA that it needs are made here, with the names and symbols that it asks for; each call of theirs says that there is no
// device. The device itself is the double of CUDA (`npm run build:cuda-double`).
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runtimeLibraries } from '../../dist/installed.js';

const PACKAGE = 'com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9';
const PROVIDER = 'libonnxruntime_providers_cuda.so';
const root = fileURLToPath(new URL('../../', import.meta.url));
const NO_DEVICE = 100;

const folder = mkdtempSync(join(tmpdir(), 'kdtalker-providers-'));
try {
  unpack();
  copyFileSync(runtimeLibraries().library, join(folder, 'libonnxruntime.so.1'));
  expectSentence(/but libcublasLt\.so\.\d+, which it needs, cannot be opened: .*Install cuBLAS of CUDA \d+/);
  makeLibraries();
  expectSentence(/CUDA failure 100: no CUDA-capable device is detected.*start a container with --gpus all/s);
  console.log('2 passed, 0 failed');
} finally {
  rmSync(folder, { recursive: true });
}

function unpack() {
  const options = { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  const archive = execFileSync('npm', ['pack', '--silent', PACKAGE], options).trim();
  execFileSync('tar', ['xzf', archive], options);
  const inside = join(folder, 'package/Plugins/Linux/x64');
  for (const name of readdirSync(inside).filter((file) => file.endsWith('.so')))
    copyFileSync(join(inside, name), join(folder, name));
}

/** The symbols that the provider needs of NVIDIA's libraries, [symbol, library or undefined]. */
function neededSymbols() {
  const table = execFileSync('readelf', ['--dyn-syms', '-W', join(folder, PROVIDER)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return [...table.matchAll(/ UND (_*cu\w+)(?:@(\S+))?/g)].map(([, symbol, library]) => [symbol, library]);
}

function makeLibraries() {
  const needed = neededSymbols();
  const of = (library) => needed.filter(([, owner]) => owner === library).map(([symbol]) => symbol);
  for (const library of ['libcublas.so.13', 'libcublasLt.so.13', 'libcudart.so.13'])
    makeLibrary(library, of(library), library);
  makeLibrary(
    'libcurand.so.10',
    needed.map(([symbol]) => symbol).filter((symbol) => symbol.startsWith('curand')),
  );
  for (const library of ['libcudnn.so.9', 'libcuda.so.1']) makeLibrary(library, []);
}

function makeLibrary(name, symbols, version) {
  const source = join(folder, 'library.c');
  const body = (symbol) =>
    /GetError(String|Name)$/.test(symbol)
      ? `const char* ${symbol}(void) { return "no CUDA-capable device is detected"; }`
      : `int ${symbol}(void) { return ${NO_DEVICE}; }`;
  writeFileSync(source, [...new Set(symbols)].map(body).join('\n'));
  const map = join(folder, 'library.map');
  writeFileSync(map, `${version} { global: *; };`);
  const versioned = version === undefined ? [] : [`-Wl,--version-script=${map}`];
  mkdirSync(join(folder, 'lib'), { recursive: true });
  const out = ['-o', join(folder, 'lib', name), source];
  execFileSync('cc', ['-shared', '-fPIC', '-w', `-Wl,-soname,${name}`, ...versioned, ...out]);
}

function expectSentence(sentence) {
  const load = `import { Talker } from ${JSON.stringify(join(root, 'dist/index.js'))};
    await Talker.load('puppet', { device: 'cuda:0', engine: 'onnxruntime' }).catch((error) => console.log(error.message));`;
  const env = {
    ...process.env,
    KDTALKER_ORT: join(folder, 'libonnxruntime.so.1'),
    KDTALKER_CUDA: join(root, 'build/cuda-double/libkdtalker_cuda_double.so'),
    LD_LIBRARY_PATH: join(folder, 'lib'),
  };
  const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', load], {
    env,
    encoding: 'utf8',
  });
  if (ended.status === 0 && sentence.test(ended.stdout)) return;
  throw new Error(`Expected ${sentence} but received ${ended.status}: ${ended.stdout}${ended.stderr}`);
}
