import { KdtalkerError } from '../../errors.js';
import type { Checkpoint } from './checkpoint.js';
import type { LoadedTensor } from './tensor-view.js';

/** Which tensors of a checkpoint make up a network. */
export interface StateQuery {
  /** The network's name in errors. */
  network: string;
  /** Names in the network with their shapes. */
  wanted: Readonly<Record<string, readonly number[]>>;
  /** Possible prefixes of the names, tried in order; default {@link STATE_PREFIXES}. */
  prefixes?: readonly string[];
  /** Wanted names that may be missing, such as constants; default none. Their shapes are checked when they are present. */
  optional?: (name: string) => boolean;
  /** Names under the prefix to ignore, such as other networks of the same file; default none. */
  ignored?: (name: string) => boolean;
}

/** The tensors of one network in a checkpoint. */
export interface State {
  /** The prefix of the names in the file. */
  prefix: string;
  /** Names that are present, without the prefix. */
  names: ReadonlySet<string>;
  read(name: string): Promise<LoadedTensor>;
  floats(name: string): Promise<Float32Array>;
}

/** Prefixes that training programs use for a network's tensors, alone and with the prefix of a parallel or compiled module. */
export const STATE_PREFIXES: readonly string[] = [
  '',
  'state_dict.',
  'model.',
  'model_state_dict.',
  'params.',
].flatMap((place) => ['', 'module.', '_orig_mod.'].map((wrapper) => place + wrapper));

/** Names of each kind that an error lists: with more, the longest names would be cut out of the message. */
const LISTED = 4;

/**
 * Finds a network's tensors in a checkpoint, under the prefix with most of the wanted names, and checks names and shapes.
 * Ignores tensors elsewhere in the file, such as an optimizer's.
 *
 * @throws KdtalkerError CHECKPOINT_INVALID with a list of missing, extra and wrongly shaped tensors and the expected shapes
 * @example
 * const state = selectState(checkpoint, { network: 'retarget_eye', prefixes: ['retarget_eye.module.'], wanted: { 'mlp.0.bias': [256] } })
 */
export function selectState(checkpoint: Checkpoint, query: StateQuery): State {
  const prefix = bestPrefix(checkpoint, query);
  const names = new Set(namesUnder(checkpoint, prefix));
  const problems = [
    ...list('missing', missing(names, query)),
    ...list('of another shape', misshapen(checkpoint, prefix, names, query)),
    ...list('not expected', extra(names, query)),
  ];
  if (problems.length > 0) throw mismatch(checkpoint, query, prefix, problems);
  return {
    prefix,
    names: new Set([...names].filter((name) => Object.hasOwn(query.wanted, name))),
    read: (name) => checkpoint.read(prefix + name),
    floats: (name) => checkpoint.floats(prefix + name),
  };
}

/** The prefix with the most hits; on a tie, the first in the caller's order. */
function bestPrefix(checkpoint: Checkpoint, { wanted, prefixes = STATE_PREFIXES }: StateQuery): string {
  const names = Object.keys(wanted);
  const hits = (prefix: string) => names.filter((name) => checkpoint.tensors.has(prefix + name)).length;
  const ranked = prefixes.map((prefix) => ({ prefix, hits: hits(prefix) }));
  return ranked.reduce((best, next) => (next.hits > best.hits ? next : best), ranked[0]!).prefix;
}

function namesUnder(checkpoint: Checkpoint, prefix: string): string[] {
  return [...checkpoint.tensors.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

function missing(names: Set<string>, { wanted, optional = () => false }: StateQuery): string[] {
  return Object.entries(wanted)
    .filter(([name]) => !names.has(name) && !optional(name))
    .map(([name, dims]) => `${name} [${dims}]`);
}

function misshapen(
  checkpoint: Checkpoint,
  prefix: string,
  names: Set<string>,
  { wanted }: StateQuery,
): string[] {
  return Object.entries(wanted)
    .filter(([name]) => names.has(name))
    .map(([name, dims]) => ({ name, dims, found: checkpoint.tensors.get(prefix + name)!.dims }))
    .filter(({ dims, found }) => dims.join() !== found.join())
    .map(({ name, dims, found }) => `${name} [${found}], expected [${dims}]`);
}

function extra(names: Set<string>, { wanted, ignored = () => false }: StateQuery): string[] {
  return [...names].filter((name) => !Object.hasOwn(wanted, name) && !ignored(name));
}

function list(what: string, entries: string[]): string[] {
  if (entries.length === 0) return [];
  const rest = entries.length > LISTED ? ` and ${entries.length - LISTED} more` : '';
  return [`  ${entries.length} ${what}: ${entries.slice(0, LISTED).join('; ')}${rest}`];
}

function mismatch(
  checkpoint: Checkpoint,
  { network, wanted }: StateQuery,
  prefix: string,
  problems: string[],
): KdtalkerError {
  const under = prefix ? ` under '${prefix}'` : '';
  return new KdtalkerError(
    'CHECKPOINT_INVALID',
    `Expected the ${Object.keys(wanted).length} tensors of ${network} in ${checkpoint.file}${under} ` +
      `but received a file that differs; is it the right one?\n${problems.join('\n')}`,
  );
}
