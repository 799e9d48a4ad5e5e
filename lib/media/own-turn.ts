import { setImmediate as turn } from 'node:timers/promises';

let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop in which nobody else's call does. Starting a process holds JavaScript's thread up until the process
 * runs, 50 to 100 ms where the engine uses all cores: many that start at once take turns, and what else waits comes between them.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => turn());
  return last;
}
