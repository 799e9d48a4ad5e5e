// `npm run test:wait-mutants [-- portrait.cc ...]`: takes each wait and each event of the engine and of the library for GPUs out in turn. A mutant is found
// where one of the tests that are named for its file fails: on the device `guarded` what a missing wait should have waited for has not
// happened, and the doubles of CUDA and of its runtime forget an order that nobody asked for. Fails where one is not found: then the tests
// are too weak, or the wait is not needed. Takes minutes.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail, root } from './project.mjs';
import { runtimeLibrary } from './runtime.mjs';

const BUILT = path.join(root, 'build/tests');
const MUTANT = path.join(root, 'build/wait-mutant');
const DOUBLE = 'libkdtalker_cuda_double.so';
const TIMEOUT_MS = 120_000;

/** A statement that waits, or that records what is waited for. */
const STATEMENT = /^(\s*(?:if \([^;]*\) )?)[\w.[\]()>-]*\b(?:Synchronise|Wait|Record|Drain)\([^,;]*\);/;
/** The same of CUDA's runtime, whose status somebody looks at. */
const CALL =
  /\bcuda(?:StreamSynchronize|EventSynchronize|StreamWaitEvent|EventRecord)\((?:[^()]|\([^()]*\))*\)/;
const FOLDERS = ['native/engine', 'native/stages', 'native/core', 'native/cuda'];
/** The devices that do everything in the call, and what stands for a device; threads of the processor. */
const LEFT_OUT = /\/(direct|lazy|guarded|cpu|thread)_/;

/** The tests that look at a file, the quickest first: [program, files of cases ...]. */
const TESTS = {
  'prepare.cc': [['kdtalker_provider_tests', 'loss']],
  'portrait.cc': [['kdtalker_provider_tests', 'loss']],
  'provider_session.cc': [['kdtalker_provider_tests', 'session', 'graphs']],
  'renderer.cc': [['kdtalker_tests', 'renderer', 'renderer_pool']],
  'sample.cc': [['kdtalker_tests', 'sample']],
  'stage_timer.cc': [['kdtalker_tests', 'stage_clock', 'cuda_device']],
  'cuda_stream.cc': [['kdtalker_tests', 'cuda_device']],
};
const OF_LIBRARY = [
  ['kdtalker_cuda_tests', 'library'],
  ['kdtalker_tests', 'cuda_device'],
];
const OF_ENGINE = [
  [
    'kdtalker_tests',
    'stream',
    'session',
    'stream_condition',
    'speech_features',
    'trace',
    'run',
    'run_failures',
  ],
  ['kdtalker_tests', 'clip_streams', 'live_run', 'renderer_pool', 'sampler_pool', 'cuda_device'],
];

const isOfLibrary = (file) => file.startsWith('native/cuda/');
const testsOf = (file) => TESTS[path.basename(file)] ?? (isOfLibrary(file) ? OF_LIBRARY : OF_ENGINE);

/** Every mutant: its file, what was taken out, and its text. */
function mutants() {
  const wanted = process.argv.slice(2);
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((file) => path.join(folder, file)),
  );
  return files
    .filter((file) => file.endsWith('.cc') && !LEFT_OUT.test(file))
    .filter((file) => wanted.length === 0 || wanted.includes(path.basename(file)))
    .flatMap(mutantsOf);
}

function mutantsOf(file) {
  const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
  return lines.flatMap((line, at) => {
    const without = STATEMENT.test(line) ? line.replace(STATEMENT, '$1;') : line.replace(CALL, 'cudaSuccess');
    if (without === line) return [];
    const text = lines.with(at, without).join('\n');
    return [{ file, what: `line ${at + 1} without ${line.trim()}`, text }];
  });
}

/** Compiles the mutant as its build did, but sooner: it runs for seconds. @returns the object's file, and that of the build */
function compiled({ file, text }) {
  const commands = JSON.parse(readFileSync(path.join(BUILT, 'compile_commands.json'), 'utf8'));
  const { command } = commands.find((each) => each.file === path.join(root, file));
  const source = path.join(MUTANT, path.basename(file));
  writeFileSync(source, text);
  const object = `${source}.o`;
  const built = / -o (\S+)/.exec(command)[1];
  const compile = command
    .replace(/ -o \S+/, ` -o ${object} -w`)
    .replace(/ -c \S+/, ` -c ${source}`)
    .replace(/ -O[23] /, ' -O1 ');
  execFileSync('sh', ['-c', compile], { cwd: BUILT, stdio: ['ignore', 'ignore', 'inherit'] });
  return { object, built };
}

/** Links a target of the build with the mutant's object: in the place of its own, or before the archive that has its own. */
function linked(target, { object, built }) {
  const out = path.join(MUTANT, target);
  const commands = execFileSync('ninja', ['-t', 'commands', target], { cwd: BUILT, encoding: 'utf8' });
  const link = commands.trim().split('\n').at(-1);
  const within = link.includes(` ${built} `)
    ? link.replace(` ${built} `, ` ${object} `)
    : link.replace(' libkdtalker_engine.a', ` ${object} libkdtalker_engine.a`);
  execFileSync('sh', ['-c', within.replace(/ -o \S+/, ` -o ${out}`)], { cwd: BUILT });
  return out;
}

/** The environment of a program: what it opens is the build's, but for a library with the mutant. */
function environmentOf(program, library) {
  const runtime = process.env.KDTALKER_ORT || runtimeLibrary();
  const double = {
    KDTALKER_ORT: path.join(BUILT, 'runtime/libonnxruntime_double.so'),
    KDTALKER_ORT_REAL: runtime,
  };
  const own = program === 'kdtalker_provider_tests' ? double : { KDTALKER_ORT: runtime };
  return { ...process.env, ...own, KDTALKER_CUDA: library };
}

/** Whether a program fails a file's cases; a mutant may wait for ever, or end the process. */
function fails(program, library, name) {
  const args = [`--source-file=*/${name}.test.cc`, '--abort-after=1'];
  const options = {
    env: environmentOf(path.basename(program), library),
    stdio: 'ignore',
    timeout: TIMEOUT_MS,
  };
  return spawnSync(program, args, options).status !== 0;
}

/** The file of cases that finds a mutant; undefined if none does. */
function foundBy(mutant) {
  rmSync(MUTANT, { recursive: true, force: true });
  mkdirSync(MUTANT, { recursive: true });
  const object = compiled(mutant);
  const ofLibrary = isOfLibrary(mutant.file);
  const library = ofLibrary ? linked(DOUBLE, object) : path.join(BUILT, DOUBLE);
  for (const [target, ...names] of testsOf(mutant.file)) {
    const unchanged = ofLibrary && target !== 'kdtalker_cuda_tests';
    const program = unchanged ? path.join(BUILT, target) : linked(target, object);
    const found = names.find((name) => fails(program, library, name));
    if (found) return `${found}.test.cc`;
  }
  return undefined;
}

/** Without this a harness that always fails would find every mutant. */
function checkUnchanged(all) {
  const runs = new Set(
    all
      .flatMap(({ file }) => testsOf(file))
      .flatMap(([target, ...names]) => names.map((name) => `${target} ${name}`)),
  );
  for (const run of runs) {
    const [target, name] = run.split(' ');
    if (fails(path.join(BUILT, target), path.join(BUILT, DOUBLE), name))
      fail(`Expected the cases of ${name}.test.cc to pass unchanged but they fail.`);
  }
}

execFileSync(process.execPath, ['native/build/test.mjs', '--build-only'], { cwd: root, stdio: 'inherit' });
const all = mutants();
checkUnchanged(all);
let survivors = 0;
for (const mutant of all) {
  const found = foundBy(mutant);
  console.log(`${mutant.file}: ${mutant.what}: ${found ? `found by ${found}` : 'NOT FOUND'}`);
  if (!found) survivors++;
}
console.log(`${survivors} not found`);
process.exit(survivors === 0 ? 0 : 1);
