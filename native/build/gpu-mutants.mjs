// `npm run test:gpu-mutants [-- attention.h ...]`: takes each barrier and each wait for copies out of the CUDA kernels in turn, and puts wrong bounds and indices
// in. A mutant is found where its kernel's tests fail, plain or under ThreadSanitizer. Fails where one is not: then the tests are too weak, or
// the barrier is not needed. Takes minutes.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail, root } from './project.mjs';

const KERNELS = 'native/cuda/kernels';
const LAUNCHES = 'native/cuda/double/blocks.cc';
/** What a GPU does with an access that is not aligned, where the processor allows it: the test ends. */
const ALIGNED = '-fsanitize=alignment -fsanitize-undefined-trap-on-error';
const WAITS = /^ *(__syncthreads\(\)|__syncwarp\(\)|AwaitCopies<\d+>\(\));$/;

/** Faults that are no missing wait. */
const WRONG = [
  { file: 'sample_volume.h', from: 'channel / 128 * 8', to: 'channel / 128 * 4' },
  { file: 'sample_volume.h', from: 'part / 16 * volume', to: 'part / 8 * volume' },
  { file: 'flat.h', from: '+ kEdge + made % width', to: '+ made % width' },
  { file: 'flat.h', from: 'at % Row() < width', to: 'at % Row() <= width' },
  {
    file: 'flat.h',
    from: 'shared.cells[step / side % 2] + piece',
    to: 'shared.cells[(step / side + 1) % 2] + piece',
  },
  { file: 'flat.h', from: '* 16 + lane % 4 * 4', to: '* 16 + lane % 4 * 2' },
  { file: 'mask.h', from: 'step < 4; step *= 2', to: 'step < 2; step *= 2' },
  { file: 'mask.h', from: '16 + 2 * lane + i - 4', to: '16 + 4 * lane + i - 4' },
  { file: 'conv.h', from: 'lane / 16 * 8;', to: 'lane / 16 * 0;' },
  { file: 'conv.h', from: 'shared.cells[round % 2]', to: 'shared.cells[(round + 1) % 2]' },
  { file: 'conv.h', from: 'within.row == 0 ? 1 : 0', to: 'within.row == 0 ? 0 : 1' },
  { file: 'conv.h', from: '+ within.column;', to: ';' },
  { file: 'measured.h', from: 'step < 32; step *= 2', to: 'step < 16; step *= 2' },
  { file: 'measured.h', from: 'rows * columns', to: 'kPartRows * 16' },
  { file: 'stats.h', from: 'squares + some * (of', to: 'squares + (of' },
  { file: 'pooled.h', from: 'v.z, 4', to: 'v.z, 8' },
  { file: 'pooled.h', from: 'sums, row + 1', to: 'sums, row' },
  {
    file: 'attention.h',
    from: '/ 32 * kEach, lane = threadIdx.x % 32, k',
    to: '/ 32, lane = threadIdx.x % 32, k',
  },
  { file: 'attention.h', from: 'float most = -INFINITY', to: 'float most = 0' },
  { file: 'attention.h', from: 'row < rows && n < length', to: 'row < rows' },
  { file: 'spade.h', from: 'y_at / factor;', to: 'y_at;' },
  { file: 'spade.h', from: 'blocks * 16 + first', to: 'first' },
];

/** In this order: what is found plain need not be looked for under ThreadSanitizer. */
const kinds = ['gpu', 'gpu-races'];
const folders = { gpu: 'build/tests', 'gpu-races': 'build/tests-threads' };
const words = { gpu: 'wrong values', 'gpu-races': 'ThreadSanitizer' };

/** Every mutant of the kernels: its file, what was done to it, and its text. */
function mutants() {
  const wanted = process.argv.slice(2);
  const files = readdirSync(path.join(root, KERNELS)).filter(
    (file) => testOf(file) && (wanted.length === 0 || wanted.includes(file)),
  );
  return files.flatMap((file) => {
    const text = readFileSync(path.join(root, KERNELS, file), 'utf8');
    return [...withoutWaits(file, text), ...wrong(file, text)];
  });
}

/** A header without tests of its own, such as launch.h, is part of the others'. */
function testOf(file) {
  const name = file.replace(/\.h$/, '.test.cc');
  return readdirSync(path.join(root, 'test/native/cuda')).find((each) => each === name);
}

function withoutWaits(file, text) {
  const lines = text.split('\n');
  return lines.flatMap((line, at) =>
    WAITS.test(line)
      ? [{ file, what: `line ${at + 1} without ${line.trim()}`, text: lines.toSpliced(at, 1, '').join('\n') }]
      : [],
  );
}

function wrong(file, text) {
  return WRONG.filter((each) => each.file === file).map(({ from, to }) => {
    if (!text.includes(from)) fail(`Expected '${from}' in ${KERNELS}/${file} but found it nowhere.`);
    return { file, what: `'${to}' in the place of '${from}'`, text: text.replace(from, to) };
  });
}

/** Compiles a source against the mutant as its build did, but sooner: each object runs for a second. Returns the object. */
function compiled(source, folder, mutant) {
  const commands = JSON.parse(readFileSync(path.join(folder, 'compile_commands.json'), 'utf8'));
  const { command } = commands.find((each) => each.file === path.join(root, source));
  const object = path.join(mutant, `${path.basename(source)}.o`);
  const compile = command.replace(/ -o \S+/, ` -I${mutant} -o ${object}`).replace(' -c ', ' -Wno-error -c ');
  // The mutant's folder has to come before the project's.
  const ordered = compile
    .replace(/ (-I\S+\/native) /, ` -I${mutant} $1 `)
    .replace(/ -O[23] /, ` -O1 ${ALIGNED} `);
  execFileSync('sh', ['-c', ordered], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return object;
}

/** Whether kernels of a file are launched by their functors, so that a mutant has to be in what does that. */
function launchedByFunctors(file) {
  return readFileSync(path.join(root, 'native/cuda/blocks.cu'), 'utf8').includes(`/${file}"`);
}

/** Builds the kernel's test and what launches the kernels against the mutant, and links them with the build's other objects. */
function build(kind, { file, text }) {
  const folder = path.join(root, folders[kind]);
  const mutant = path.join(root, 'build/mutant');
  rmSync(mutant, { recursive: true, force: true });
  mkdirSync(path.join(mutant, 'cuda/kernels'), { recursive: true });
  writeFileSync(path.join(mutant, 'cuda/kernels', file), text);
  const test = path.join('test/native/cuda', testOf(file));
  const sources = launchedByFunctors(file) ? [test, LAUNCHES] : [test];
  const objects = sources.map((source) => compiled(source, folder, mutant));
  const others = execFileSync('find', [folder, '-path', '*kdtalker_cuda*', '-name', '*.o'], {
    encoding: 'utf8',
  });
  const linked = others
    .split('\n')
    .filter((each) => !sources.some((source) => each.endsWith(`${source}.o`)))
    .filter((each) => /kdtalker_cuda_objects\.dir|cuda\/(main|crossings)\.cc\.o$/.test(each));
  const program = path.join(mutant, 'tests');
  const sanitize = kind === 'gpu' ? [] : ['-fsanitize=thread'];
  // Of a template that another object has too the first is taken, the mutant's.
  execFileSync('c++', [...sanitize, ...objects, ...linked, '-lpthread', '-o', program]);
  return program;
}

/** Whether the tests of a kernel's file fail. A mutant may wait for ever, which is found too. */
function fails(kind, mutant) {
  const program = build(kind, mutant);
  const env = { ...process.env, TSAN_OPTIONS: 'halt_on_error=1' };
  return spawnSync(program, { env, stdio: 'ignore', timeout: 120000 }).status !== 0;
}

/** Without this a harness that always fails would find every mutant. */
function checkUnchanged(file) {
  const text = readFileSync(path.join(root, KERNELS, file), 'utf8');
  for (const kind of kinds)
    if (fails(kind, { file, text }))
      fail(`Expected the tests of ${file} to pass unchanged (${kind}) but they fail.`);
}

for (const kind of kinds)
  execFileSync(process.execPath, ['native/build/test.mjs', `--${kind}`, '--build-only'], {
    cwd: root,
    stdio: 'inherit',
  });
const all = mutants();
for (const file of new Set(all.map((each) => each.file))) checkUnchanged(file);
let survivors = 0;
for (const mutant of all) {
  const found = kinds.find((kind) => fails(kind, mutant));
  console.log(`${mutant.file}: ${mutant.what}: ${found ? `found by ${words[found]}` : 'NOT FOUND'}`);
  if (!found) survivors++;
}
console.log(`${survivors} not found`);
process.exit(survivors === 0 ? 0 : 1);
