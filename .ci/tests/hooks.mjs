// How test processes find and read the project's own modules. What they know they answer at once: tap's hooks behind them would read each
// file once more, and send it to the main thread.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compiled } from './compile.mjs';

const tests = new URL('../../test/', import.meta.url).href;
const library = new URL('../../dist/', import.meta.url).href;

/** TypeScript imports a module by the name that it has when it is compiled. */
export async function resolve(specifier, context, next) {
  const from = context.parentURL ?? '';
  if (!specifier.startsWith('.') || !(from.startsWith(tests) || from.startsWith(library)))
    return next(specifier, context);
  const found = [new URL(specifier, from), new URL(specifier.replace(/\.js$/, '.ts'), from)].find(isModule);
  return found ? { url: found.href, format: 'module', shortCircuit: true } : next(specifier, context);
}

const isModule = (url) => /\.[jt]s$/.test(url.href) && existsSync(url);

export async function load(url, context, next) {
  const read = url.startsWith(tests) && url.endsWith('.ts') ? compiled : ownModule(url) && text;
  return read
    ? { format: 'module', source: read(fileURLToPath(url)), shortCircuit: true }
    : next(url, context);
}

const ownModule = (url) => url.startsWith(library) && url.endsWith('.js');

const text = (file) => readFileSync(file, 'utf8');
