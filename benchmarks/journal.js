import { KdtalkerError } from '../dist/errors.js';

/**
 * What a run has measured so far, by what it was of, so that a run that was stopped loses nothing and can go on. Every entry is told to
 * `save` as soon as it is there.
 */
export class Journal {
  #entries;
  #save;

  /** @param entries of an earlier run: [[key, result]]; save gets all entries after each new one */
  constructor(entries = [], save = async () => {}) {
    this.#entries = new Map(entries);
    this.#save = save;
  }

  get entries() {
    return [...this.#entries];
  }

  /** The result under this key: the one that is known, or what `measure` gives. */
  async once(key, measure) {
    if (this.#entries.has(key)) return this.#entries.get(key);
    const result = await measure();
    this.#entries.set(key, result);
    await this.#save(this.entries);
    return result;
  }
}

/** What must be the same for two halves of a run to be one. */
const SAME = ['cpu', 'cores', 'node', 'kdtalker', 'commit', 'ortnode'];

/** @throws INVALID_ARGUMENT where a run cannot go on here: another machine or version, other settings, or it is whole. */
export function checkContinues(earlier, machine, settings) {
  if (earlier.stopped === undefined) throw refused('a run that was stopped', 'one that is whole');
  const differs = SAME.find((name) => earlier.machine[name] !== machine[name]);
  if (differs) throw refused(`${differs} ${earlier.machine[differs]}, as before`, machine[differs]);
  const before = JSON.stringify(earlier.settings);
  const now = JSON.stringify(settings);
  if (before !== now) throw refused(`the settings ${before}, as before`, now);
}

function refused(expected, received) {
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected ${expected} for --continue but received ${received}`,
  );
}
