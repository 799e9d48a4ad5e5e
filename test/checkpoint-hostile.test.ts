import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openCheckpoint } from '../dist/packs/checkpoint/index.js';
import { writeSafetensors } from '../dist/packs/safetensors.js';
import {
  Call,
  float32,
  Name,
  npy,
  OrderedDict,
  torchLegacy,
  torchZip,
  zip,
} from './support/checkpoint-writer.js';
import { goldenFile } from './support/golden.js';
import { hostileFiles } from './support/hostile-checkpoints.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./programs/read-checkpoints.mjs', import.meta.url));
/** The number of mutants. */
const MUTATED = 1000;
/** Node itself takes some 60 MB; these files may cost at most a few times the largest pickle allowed. */
const MEMORY = 700 * 2 ** 20;

/** Milliseconds after which a process counts as hanging: far more than the slowest takes on a busy machine. */
const HANGING = 600_000;

interface Report {
  outcomes: Record<string, string>;
  peak: number;
}

/** Reads all files in a process that may only read the library and this folder: it may not write or start processes. */
function readInside(folder: string): Report {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  // The environment is empty: the test runner's variables need more permissions than this process has.
  const output = execFileSync(
    '/usr/bin/env',
    [
      '-i',
      process.execPath,
      permission,
      `--allow-fs-read=${ROOT}*`,
      '--max-old-space-size=400',
      '--no-warnings',
      PROGRAM,
      folder,
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 26, timeout: HANGING, killSignal: 'SIGKILL' },
  );
  return JSON.parse(output) as Report;
}

/** Writes files with numbers for names, because a case's name can be any text. */
function written(folder: string, files: Iterable<Uint8Array>): void {
  mkdirSync(folder, { recursive: true });
  for (const [i, bytes] of [...files].entries())
    writeFileSync(join(folder, String(i).padStart(4, '0')), bytes);
}

t.test('every hostile file is refused, without writing, starting or reading anything', async (t) => {
  const folder = t.testdir();
  const files = hostileFiles();
  written(folder, files.values());
  const before = readdirSync(folder);
  const { outcomes, peak } = readInside(folder);
  for (const [i, name] of [...files.keys()].entries())
    t.equal(outcomes[String(i).padStart(4, '0')], 'refused', name);
  t.ok(peak < MEMORY, `${Math.round(peak / 2 ** 20)} MB at most`);
  t.same(readdirSync(folder), before);
});

t.test('the error names what was refused', async (t) => {
  const file = join(t.testdir(), 'evil.pth');
  writeFileSync(file, torchZip(new Call(new Name('os', 'system'), ['true'])));
  await t.rejects(openCheckpoint(file), { code: 'CHECKPOINT_INVALID', message: /"os\.system".*evil\.pth/ });
});

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Good files of every kind. */
function goodFiles(): Buffer[] {
  const value = new Map<string, unknown>([
    [
      'model',
      new OrderedDict([
        ['w', float32([2, 3], [1, 2, 3, 4, 5, 6])],
        ['b', float32([2], [1, 2])],
      ]),
    ],
    ['epoch', 3],
    [
      'cfg',
      new Map<string, unknown>([
        ['lr', 0.5],
        ['name', 'x'],
      ]),
    ],
  ]);
  const arrays = [
    { name: 'a.npy', data: npy('<f4', [2], Float32Array.of(1, 2)) },
    { name: 'b.npy', data: npy('<f8', [2], Float64Array.of(1, 2)), deflate: true },
  ];
  return [
    torchZip(value),
    torchZip(value, { deflate: true }),
    torchLegacy(value),
    zip(arrays),
    zip(arrays, { zip64: true }),
    arrays[0]!.data,
    Buffer.from(writeSafetensors({ w: { dims: [2], data: Float32Array.of(1, 2) } })),
    readFileSync(goldenFile('mixed_container.pth')),
    readFileSync(goldenFile('legacy_container.pth')),
  ];
}

type Mutation = (bytes: Buffer, next: () => number) => Buffer;

const place = (bytes: Buffer, next: () => number) => Math.floor(next() * bytes.length);

const MUTATIONS: Mutation[] = [
  (bytes, next) => bytes.subarray(0, place(bytes, next)),
  (bytes, next) => {
    for (let flips = 1 + Math.floor(next() * 8); flips > 0; flips--)
      bytes[place(bytes, next)]! ^= 1 << (next() * 8);
    return bytes;
  },
  (bytes, next) => {
    const start = place(bytes, next);
    for (let i = start; i < Math.min(bytes.length, start + 16); i++) bytes[i] = next() * 256;
    return bytes;
  },
  (bytes, next) => bytes.fill(next() < 0.5 ? 0xff : 0, place(bytes, next)).subarray(0),
  (bytes, next) => {
    const start = place(bytes, next);
    return bytes.fill(0xff, start, Math.min(bytes.length, start + 1 + Math.floor(next() * 8)));
  },
  (bytes, next) => {
    const [from, to] = [place(bytes, next), place(bytes, next)].sort((a, b) => a - b) as [number, number];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, next) => {
    const [from, to] = [place(bytes, next), place(bytes, next)].sort((a, b) => a - b) as [number, number];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
];

t.test('a thousand mutated files are read or refused, and nothing else', async (t) => {
  const folder = t.testdir();
  const good = goodFiles();
  written(join(folder, 'good'), good);
  const next = random(20240717);
  const mutated = Array.from({ length: MUTATED }, (_, i) =>
    MUTATIONS[i % MUTATIONS.length]!(Buffer.from(good[Math.floor(next() * good.length)]!), next),
  );
  written(join(folder, 'mutated'), mutated);
  t.same(
    Object.values(readInside(join(folder, 'good')).outcomes),
    good.map(() => 'read'),
  );
  const { outcomes, peak } = readInside(join(folder, 'mutated'));
  const count = (what: string) => Object.values(outcomes).filter((outcome) => outcome === what).length;
  const others = Object.entries(outcomes).filter(
    ([, outcome]) => outcome !== 'read' && outcome !== 'refused',
  );
  t.same(others, []);
  t.equal(count('read') + count('refused'), MUTATED);
  t.ok(count('refused') > MUTATED / 2, `${count('refused')} refused`);
  t.ok(peak < MEMORY, `${Math.round(peak / 2 ** 20)} MB at most`);
});
