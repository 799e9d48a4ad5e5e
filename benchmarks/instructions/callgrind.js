import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const WORK = fileURLToPath(new URL('work.js', import.meta.url));
/** Parts of a process, by the file that their code lies in. What no pattern takes is Node's own, or what it compiles. */
const PARTS = {
  addon: /kdtalker\.node$/,
  'ONNX Runtime': /libonnxruntime|libkdtalkerort/,
  libc: /\/lib(c|m|stdc\+\+|gcc_s|pthread)[.-][^/]*$|ld-linux/,
  Node: /^/,
};

/** Runs valgrind to its end. @returns what the program printed */
function run(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('valgrind', args, { env: { ...process.env, ...env } });
    const said = { out: '', errors: '' };
    child.stdout.on('data', (text) => {
      said.out += text;
    });
    child.stderr.on('data', (text) => {
      said.errors += text;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(said.out.trim())
        : reject(new Error(`valgrind ended with ${code}: ${said.errors}`)),
    );
  });
}

/**
 * Makes laps of a checkout under callgrind, on one thread.
 *
 * @param kinds laps by the kinds of work.js
 * @returns {hash, parts} by kind: instructions of a lap by {@link PARTS}. valgrind has no AVX-512, so that the engine is told to do without; the
 *   checkout lowers the pack for itself.
 */
export async function lapsOf(checkout, pack, kinds) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kdtalker-instructions-'));
  const file = path.join(folder, 'profile');
  const tool = [
    '--tool=callgrind',
    '--instr-atstart=no',
    '--compress-pos=no',
    `--callgrind-out-file=${file}`,
  ];
  const laps = Object.entries(kinds).map(([kind, count]) => `${kind}=${count}`);
  try {
    const env = { KDTALKER_ISA: 'avx2', KDTALKER_CACHE: path.join(folder, 'cache') };
    const said = await run([...tool, process.execPath, WORK, checkout, pack, ...laps], env);
    return Object.fromEntries(
      said.split('\n').map((line, at) => {
        const { kind, hash } = JSON.parse(line);
        return [kind, { hash, parts: partsOf(readFileSync(`${file}.${at + 1}`, 'utf8'), kinds[kind]) }];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const partOf = (object) => Object.keys(PARTS).find((part) => PARTS[part].test(object));

/** Adds up a profile: a line of costs belongs to the object of the last `ob=`, but for the one behind `calls=`, which is of what was called. */
function partsOf(profile, laps) {
  const sums = Object.fromEntries(Object.keys(PARTS).map((part) => [part, 0]));
  const names = new Map();
  let part = 'Node';
  let called = false;
  for (const line of profile.split('\n')) {
    const [, kind, id, name] = /^(c?ob)=\((\d+)\)(?: (.*))?$/.exec(line) ?? [];
    if (name !== undefined) names.set(id, name);
    if (kind === 'ob') part = partOf(names.get(id));
    else if (line.startsWith('calls=')) called = true;
    else if (/^\d+ \d+$/.test(line)) {
      if (!called) sums[part] += Number(line.split(' ')[1]) / laps;
      called = false;
    }
  }
  return sums;
}
