// A pack with a fault, chosen by a number: the same number makes the same pack.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convolutionGraph } from './convolutions.mjs';
import { mutateGraph, mutateManifest, mutateShapes } from './mutate.mjs';
import { pick, randomOf } from './random.mjs';
import { tinyGraph, tinyManifest, tinyNetworks } from './tiny-pack.mjs';

const PUPPET = new URL('../../../dist/built-in/puppet/', import.meta.url).pathname;
const SEED = 20260727;

/** Writes mutant `index` to an empty folder; returns a description of the change. Numbers 0 to 3 are valid packs. */
export function writeMutant(index, folder) {
  const random = randomOf(SEED + 7919 * index);
  const pack = index % 4 === 3 && index % 20 !== 3 ? tiny(random, false, true) : base(random, index);
  const said = index < 4 ? [] : mutate(random, pack);
  for (const [name, bytes] of pack.files) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(seal(pack)));
  return said.join('; ') || 'nothing';
}

function base(random, index) {
  if (index % 20 === 3) return puppet();
  return tiny(random, index % 2 === 1, false);
}

/** One third change pack.json, one third the shapes of a network, the others its graph; one quarter change two things. */
function mutate(random, pack) {
  const kinds = [changeManifest, changeGraph, ...(pack.networks ? [changeShapes] : [])];
  const times = random() < 0.25 ? 2 : 1;
  return Array.from({ length: times }, () => pick(random, kinds)(random, pack));
}

function tiny(_random, split, convolutions) {
  const networks = tinyNetworks(split);
  const pack = { networks, manifest: tinyManifest(split, networks), files: new Map(), convolutions };
  build(pack);
  return pack;
}

function build(pack) {
  for (const [role, network] of Object.entries(pack.networks)) {
    const graph =
      pack.convolutions && role === 'render' ? convolutionGraph(network) : tinyGraph(role, network);
    pack.files.set(`${role}.onnx`, graph.toBytes());
  }
}

function puppet() {
  const manifest = JSON.parse(readFileSync(join(PUPPET, 'pack.json'), 'utf8'));
  manifest.crop.default = 'none';
  for (const role of Object.values(manifest.roles)) delete role.fingerprint;
  const files = new Map(
    Object.values(manifest.roles).map(({ file }) => [file, readFileSync(join(PUPPET, file))]),
  );
  return { manifest, files };
}

function changeManifest(random, { manifest }) {
  return mutateManifest(random, manifest);
}

function changeShapes(random, pack) {
  const said = mutateShapes(random, pack.networks);
  try {
    build(pack);
  } catch (error) {
    return `${said}: not built (${error.message})`;
  }
  return said;
}

function changeGraph(random, pack) {
  const name = pick(random, [...pack.files.keys()]);
  const { bytes, what } = mutateGraph(random, pack.files.get(name));
  pack.files.set(name, bytes);
  return `${name}: ${what}`;
}

/** The manifest with sizes and hashes of the written files: a wrong hash would hide every other fault. */
function seal({ manifest, files }) {
  for (const role of Object.values(manifest.roles ?? {})) {
    const bytes = files.get(role?.file);
    if (bytes)
      Object.assign(role, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return manifest;
}
