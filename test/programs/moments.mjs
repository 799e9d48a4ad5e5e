// Moments of work that are the same on every machine: it counts calls of the addon and reads no clock.
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

/** Settles after the given number of further addon calls, at once for 0; never if the work ends before. */
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
