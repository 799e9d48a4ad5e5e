import { KdtalkerError } from '../dist/errors.js';

/** The results of a run by their keys, so that a stopped run loses nothing and can continue. Each new entry is passed to `save` at once. */
export class Journal {
  #entries;
  #save;

  /** @param entries of an earlier run: [[key, result]]; `save` receives all entries after each new one */
  constructor(entries = [], save = async () => {}) {
    this.#entries = new Map(entries);
    this.#save = save;
  }

  get entries() {
    return [...this.#entries];
  }

  /** Returns the result under this key: the stored one, or that of `measure`. */
  async once(key, measure) {
    if (this.#entries.has(key)) return this.#entries.get(key);
    const result = await measure();
    this.#entries.set(key, result);
    await this.#save(this.entries);
    return result;
  }
}

/** The properties that two halves of a run must share. */
const SAME = ['cpu', 'cores', 'node', 'kdtalker', 'commit', 'ortnode'];

/** @throws INVALID_ARGUMENT if a run cannot continue here: another machine or version, other settings, or it is complete. */
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
