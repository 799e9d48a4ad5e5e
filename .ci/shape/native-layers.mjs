// The native layers of CONTRIBUTING.md: a file includes from its own folder and from lower ones, headers do not include each other in a
// circle, and the headers of Node and of CUDA stay in the one folder that wraps them.
import path from 'node:path';
import { read, sources } from './files.mjs';

/** From the bottom to the top. */
const LADDER = ['core', 'kernels', 'kernels/plan', 'kernels/cpu', 'plan', 'ops', 'stages', 'engine', 'addon'];

/** `cuda` is a library of its own: of the engine it includes the functors, and the engine includes of it only this header. */
const CUDA_INTERFACE = 'cuda/abi.h';

/** Headers that only one folder may include. */
const ONLY_IN = [
  { header: /^(node_api|napi)\.h$|^(js_native_api|napi)/, folder: 'addon' },
  { header: /^cuda[._]/, folder: 'cuda' },
];

const INCLUDE = /^#include [<"]([^>"]+)[>"]/gm;
const includesOf = (file) => [...read(file).matchAll(INCLUDE)].map(([, header]) => header);
const folderOf = (file) => path.dirname(path.relative('native', file));

export function nativeFaults() {
  const files = sources(['native'], /\.(h|cc|cu|cuh)$/);
  const graph = new Map(files.map((file) => [path.relative('native', file), includesOf(file)]));
  return [...files.flatMap((file) => faultsOf(file, includesOf(file))), ...circles(graph)];
}

function faultsOf(file, headers) {
  const from = folderOf(file);
  const upward = headers.filter((header) => isUpward(from, header));
  const foreign = headers.filter((header) =>
    ONLY_IN.some((rule) => rule.header.test(header) && rule.folder !== from.split('/')[0]),
  );
  return [
    ...upward.map((header) => `${file} includes ${header}, which is a higher layer`),
    ...foreign.map((header) => `${file} includes ${header}, which belongs to another folder`),
  ];
}

function isUpward(from, header) {
  const within = (folder) => folder.split('/')[0] === 'cuda';
  if (within(from)) return !/^(cuda|core|kernels)\//.test(header) && rungOf(path.dirname(header)) >= 0;
  if (within(header)) return header !== CUDA_INTERFACE;
  return rungOf(path.dirname(header)) > rungOf(from);
}

/** A header of another project has no layer, and any file may include it. */
const rungOf = (folder) => LADDER.indexOf(folder);

function circles(graph) {
  const state = new Map();
  const found = [];
  const visit = (file, trail) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') return found.push(`circle: ${[...trail, file].join(' -> ')}`);
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
