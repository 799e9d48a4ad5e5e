// Moments of work that are the same on every machine: calls of the addon are counted, no clock is read.
import { native } from '../../dist/binding.js';

const waiting = new Set();
let calls = 0;

const addon = native();
for (const [name, call] of Object.entries(addon)) {
  if (typeof call !== 'function') continue;
  addon[name] = (...args) => {
    const result = call.apply(addon, args);
    calls++;
    for (const each of waiting) each();
    return result;
  };
}

/** Settles when the addon has been called so many more times, at once for 0; never where the work ends before. */
export function atCall(count) {
  const due = calls + count;
  if (count === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (calls < due) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
  });
}

/** Calls `moved` after each call of the addon. */
export function onCall(moved) {
  waiting.add(moved);
}
