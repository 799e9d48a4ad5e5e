// `npm run test:gpu-resources [-- 90 ...]`: what nvcc makes of the kernels for each architecture, without a GPU. ptxas tells registers and
// spills; the instructions are counted in the compiled file, where each is 16 bytes whose lowest 12 bits are the operation. Fails where a kernel
// spills or uses local memory, has another number of tensor-core instructions than it should, or leaves a multiprocessor emptier
// than it says (kBlocks).
// Also compiles the double against NVIDIA's headers, which refuse a function of another type than theirs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fail, hasProgram, root } from '../build/project.mjs';

const OPERATIONS = {
  572: 'HMMA',
  2107: 'LDSM',
  4014: 'LDGSTS',
  2433: 'LDG',
  2438: 'STG',
  2436: 'LDS',
  2440: 'STS',
  2435: 'LDL',
  2439: 'STL',
  2845: 'BAR',
};

/** Of a multiprocessor: threads, and KB of shared memory that its blocks can have together. */
const MULTIPROCESSORS = {
  80: [2048, 164],
  86: [1536, 100],
  89: [1536, 100],
  90: [2048, 228],
  100: [2048, 228],
  120: [1536, 100],
};

/**
 * What each kernel has to be: tensor-core instructions, blocks that a multiprocessor can hold, threads of a block, if not 256, and accesses of
 * 16 bytes to the device's memory, at least.
 */
const KERNELS = {
  Conv1x32: { HMMA: 4, blocks: 2 },
  Conv1x64: { HMMA: 8, blocks: 2 },
  Conv1x128: { HMMA: 16, blocks: 2 },
  Conv3x32: { HMMA: 12, blocks: 2 },
  Conv3x64: { HMMA: 24, blocks: 2 },
  Conv3x128: { HMMA: 48, blocks: 2 },
  Conv3x144: { HMMA: 72, blocks: 2, threads: 192 },
  Conv7x32: { HMMA: 28, blocks: 2 },
  Measured32: { HMMA: 12, blocks: 2 },
  Measured64: { HMMA: 24, blocks: 2 },
  Measured128: { HMMA: 48, blocks: 2 },
  Pooled64: { HMMA: 24, blocks: 2 },
  Pooled128: { HMMA: 48, blocks: 2 },
  UpConv32: { HMMA: 8, blocks: 2 },
  UpConv64: { HMMA: 16, blocks: 2 },
  UpConv128: { HMMA: 32, blocks: 2 },
  Spade: { HMMA: 48, blocks: 2 },
  Scale: { HMMA: 48, blocks: 2 },
  Flat1x64: { HMMA: 8, blocks: 2 },
  Flat2x128: { HMMA: 32, blocks: 2 },
  Flat3x128: { HMMA: 48, blocks: 2 },
  MaskMotion: { HMMA: 21, blocks: 2 },
  SampleVolume: { HMMA: 0, blocks: 4, wide: 2 },
  Stats: { HMMA: 0, blocks: 4 },
  StatsEnd: { HMMA: 0, blocks: 4, wide: 2 },
  Product8: { HMMA: 0, blocks: 2 },
  Product32: { HMMA: 0, blocks: 2 },
  Product80: { HMMA: 0, blocks: 1 },
  NormaliseRows: { HMMA: 0, blocks: 4 },
  Softmax: { HMMA: 0, blocks: 4 },
  Attention: { HMMA: 0, blocks: 2 },
};

/** Functors over blocks of halves, one thread an index. */
const FUNCTORS = {
  BlockMotionInput: { HMMA: 0, blocks: 4, wide: 1 },
  BlockMasked: { HMMA: 0, blocks: 4, wide: 2 },
  BlockNine: { HMMA: 0, blocks: 4, wide: 4 },
  BlockSumsEnd: { HMMA: 0, blocks: 4, wide: 5 },
  BlockPooledSumsEnd: { HMMA: 0, blocks: 4, wide: 2 },
  BlockOcclusion: { HMMA: 0, blocks: 4 },
  BlockPicture: { HMMA: 0, blocks: 4, wide: 1 },
};
const ALL = { ...KERNELS, ...FUNCTORS };

const ROWS = ['Product8', 'Product32', 'Product80', 'NormaliseRows', 'Softmax', 'Attention'];

/** Of the other functors the library has kernels too, which are not looked at. */
const SOURCES = [
  { file: 'blocks.cu', options: [], kernels: Object.keys(KERNELS).filter((name) => !ROWS.includes(name)) },
  { file: 'rows.cu', options: [], kernels: ROWS },
  { file: 'functors.cu', options: ['--fmad=false'], kernels: Object.keys(FUNCTORS) },
];

const folder = path.join(root, 'native/cuda');
const out = path.join(root, 'build/resources');

/** The sections of a 64-bit ELF file that hold a kernel's code, by name. */
function kernelsOf(cubin) {
  const at = Number(cubin.readBigUInt64LE(0x28));
  const [size, count, names] = [0x3a, 0x3c, 0x3e].map((offset) => cubin.readUInt16LE(offset));
  const header = (i) => {
    const from = at + i * size;
    const [offset, bytes] = [0x18, 0x20].map((field) => Number(cubin.readBigUInt64LE(from + field)));
    return { name: cubin.readUInt32LE(from), bytes: cubin.subarray(offset, offset + bytes) };
  };
  const text = header(names).bytes;
  const nameOf = (name) => text.toString('latin1', name, text.indexOf(0, name));
  return Array.from({ length: count }, (_, i) => header(i))
    .map(({ name, bytes }) => [nameOf(name), bytes])
    .filter(([name]) => name.startsWith('.text.'));
}

/** How often each operation is in a kernel's code; accesses of 16 bytes have names of their own. */
function operationsOf(code) {
  const counts = {};
  for (let i = 0; i + 16 <= code.length; i += 16) {
    const name = OPERATIONS[code.readUInt16LE(i) & 0xfff] ?? 'other';
    const wide = /^(LD|ST)[GS]$/.test(name) && ((code.readUInt16LE(i + 8) >> 9) & 7) === 6;
    const key = wide ? `${name}.128` : name;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** The bytes of shared memory that the sources assert for each kernel. */
function sharedBytes() {
  const text = SOURCES.map(({ file }) => readFileSync(path.join(folder, file), 'utf8')).join('');
  const asserted = text.matchAll(/sizeof\((\w+)::Shared\) == (\d+)/g);
  return Object.fromEntries(Array.from(asserted, ([, name, bytes]) => [name, Number(bytes)]));
}

/** The kernel's struct in a mangled name: the last of its lengths and words. */
function kernelName(mangled) {
  const name = Object.keys(ALL).find((each) => mangled.includes(`${each.length}${each}E`));
  if (name || mangled.includes('4EachI')) return name;
  return fail(`Expected a kernel that resources.mjs lists but found ${mangled}.`);
}

function blocksOf(architecture, registers, shared, own) {
  const [threads, kilobytes] = MULTIPROCESSORS[architecture];
  const warp = Math.ceil((registers * 32) / 256) * 256;
  const byRegisters = Math.floor(65536 / (warp * (own / 32)));
  return Math.min(byRegisters, Math.floor((kilobytes * 1024) / (shared + 1024)), Math.floor(threads / own));
}

/** Runs nvcc for an architecture; returns the compiled file and what ptxas says of each kernel. */
function compiled(architecture, source) {
  const file = path.join(out, `${source.file}.sm_${architecture}.cubin`);
  const options = [
    '-std=c++20',
    '-O3',
    `-arch=sm_${architecture}`,
    '-Xptxas',
    '-v',
    '-cubin',
    ...source.options,
  ];
  const files = [`-I${path.join(root, 'native')}`, '-o', file, path.join(folder, source.file)];
  const { status, stderr } = spawnSync('nvcc', [...options, ...files], { encoding: 'utf8' });
  if (status !== 0) fail(`Expected nvcc to compile for sm_${architecture} but it said: ${stderr}`);
  const said =
    /Compiling entry function '(\S+)'[\s\S]*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads[\s\S]*?Used (\d+) registers/g;
  const kernels = Array.from(stderr.matchAll(said), ([, mangled, ...numbers]) => {
    const [stack, stores, loads, registers] = numbers.map(Number);
    return { name: kernelName(mangled), local: stack + stores + loads, registers };
  });
  return { kernels, cubin: readFileSync(file) };
}

/** Checks the kernels of a source for an architecture, prints a line for each and returns how many are not as they should be. */
function check(architecture, source) {
  const { kernels, cubin } = compiled(architecture, source);
  const code = new Map(kernelsOf(cubin).map(([name, bytes]) => [kernelName(name), operationsOf(bytes)]));
  const shared = sharedBytes();
  const listed = kernels.filter(({ name }) => name);
  const faults = listed.filter(({ name, local, registers }) => {
    const operations = code.get(name);
    const { HMMA, blocks: wanted, threads = 256, wide = 0 } = ALL[name];
    const blocks = blocksOf(architecture, registers, shared[name] ?? 0, threads);
    const accesses = (operations['LDG.128'] ?? 0) + (operations['STG.128'] ?? 0);
    const spills = local > 0 || operations.LDL || operations.STL;
    const good = !spills && (operations.HMMA ?? 0) === HMMA && blocks >= wanted && accesses >= wide;
    const shown = Object.entries(operations)
      .sort()
      .map(([operation, count]) => `${operation} ${count}`);
    const line = `sm_${architecture} ${name}: ${registers} registers, ${local} bytes of stack and spills, ${blocks} blocks; ${shown.join(', ')}`;
    console.log(good ? line : `${line}  <-- NOT SO`);
    return !good;
  });
  return faults.length + (listed.length === source.kernels.length ? 0 : 1);
}

/** The headers of the toolkit, beside its nvcc. */
function toolkitHeaders() {
  const { stdout, stderr } = spawnSync('nvcc', ['--dryrun', '-c', '-x', 'cu', '/dev/null'], {
    encoding: 'utf8',
  });
  const top = `${stdout}${stderr}`.match(/^#\$ TOP=(.*)$/m)?.[1];
  return path.join(top ?? '/usr/local/cuda', 'include');
}

/** Compiles the double against the toolkit's headers in the place of its own; returns the number of files that fail. */
function checkDouble() {
  const folder = path.join(root, 'native/cuda/double/fake');
  const options = [
    '-std=c++20',
    '-fsyntax-only',
    `-I${path.join(root, 'native')}`,
    '-isystem',
    toolkitHeaders(),
  ];
  const files = readdirSync(folder).filter((file) => file.endsWith('.cc'));
  const failed = files.filter(
    (file) => spawnSync('c++', [...options, path.join(folder, file)], { stdio: 'inherit' }).status !== 0,
  );
  console.log(
    `double: ${files.length - failed.length} of ${files.length} files hold against NVIDIA's headers`,
  );
  return failed.length;
}

if (!hasProgram('nvcc')) {
  console.log('SKIPPED: nvcc is not installed, so what it makes of the kernels is not checked.');
  process.exit(0);
}
mkdirSync(out, { recursive: true });
const wanted = process.argv.slice(2);
const architectures = wanted.length > 0 ? wanted : Object.keys(MULTIPROCESSORS);
const faults = architectures.reduce(
  (sum, each) => sum + SOURCES.reduce((of, source) => of + check(each, source), 0),
  checkDouble(),
);
console.log(`${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
