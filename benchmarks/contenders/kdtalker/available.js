import { native } from '../../../dist/binding.js';
import { loadTalker } from './open.js';

/** Whether the library accepts this pack with the contender's options; otherwise the reason. Lowers the pack if necessary. */
export async function available(settings) {
  try {
    const talker = await loadTalker(settings);
    await talker.close();
    return { runtime: native().runtime.version };
  } catch (error) {
    return { refused: error.message };
  }
}

/** The multiply-adds per second of the machine, with `settings.threads` threads. */
export function ceilings({ threads }) {
  return native().measureCeilings(threads);
}
