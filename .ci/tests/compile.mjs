// The tests' TypeScript as JavaScript, kept by its content: each file is compiled once, not in every process that imports it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));
const kept = join(root, 'node_modules/.cache/kdtalker-tests');
const { version } = require('typescript/package.json');

/** Types are checked by `npm run lint:types`; here they are only left out. */
function transpile(file, source) {
  const { ModuleKind, ScriptTarget, transpileModule } = require('typescript');
  const compilerOptions = {
    module: ModuleKind.ESNext,
    target: ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    inlineSourceMap: true,
  };
  return transpileModule(source, { fileName: file, compilerOptions }).outputText;
}

/** The JavaScript of a file. */
export function compiled(file) {
  const source = readFileSync(file, 'utf8');
  const name = createHash('sha256').update(`${version}\n${file}\n${source}`).digest('hex');
  const path = join(kept, `${name}.js`);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return keep(path, transpile(file, source));
  }
}

/** Two processes may compile the same file: each writes a whole one. */
function keep(path, text) {
  const part = `${path}.${process.pid}`;
  mkdirSync(kept, { recursive: true });
  writeFileSync(part, text);
  renameSync(part, path);
  return text;
}
