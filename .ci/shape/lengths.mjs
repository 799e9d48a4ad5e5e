// Lines of functions and files. The TypeScript compiler measures functions of TypeScript and JavaScript; Universal Ctags, which CI
// installs, measures those of C++. Without it they are not measured, and the output says so.
import { spawnSync } from 'node:child_process';
import ts from 'typescript';
import { read, root, sources } from './files.mjs';

const FOLDERS = ['lib', 'bin', 'benchmarks', 'native', 'server', '.ci'];

export function fileLengths() {
  const files = sources(FOLDERS, /\.(ts|m?js|h|cc|cu|cuh)$/);
  return files.map((file) => ({ name: file, lines: read(file).split('\n').length - 1 }));
}

export function scriptFunctions() {
  return sources(FOLDERS, /\.(ts|m?js)$/).flatMap(functionsOf);
}

/** Arrow functions of one expression are not counted: they would lower the statistics of the others. */
function functionsOf(file) {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found = [];
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body && ts.isBlock(node.body)) {
      const first = lineOf(node.getStart(source));
      found.push({ name: `${file}:${first}`, lines: lineOf(node.end) - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Undefined if Universal Ctags is missing. */
export function nativeFunctions() {
  const files = sources(['native'], /\.(h|cc|cu|cuh)$/);
  const options = ['--languages=C++', '--kinds-C++=f', '--fields=+ne', '--output-format=json', '-L', '-'];
  const map = ['--langmap=C++:+.cu.cuh'];
  const run = spawnSync('ctags', [...map, ...options, '-f', '-'], {
    cwd: root,
    input: files.join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) return undefined;
  const tags = run.stdout.split('\n').filter(Boolean).map(JSON.parse);
  return tags
    .filter(({ end }) => end !== undefined)
    .map(({ path, line, end }) => ({ name: `${path}:${line}`, lines: end - line + 1 }));
}
