import { native } from '../../../dist/binding.js';
import { loadTalker } from './open.js';

/** Whether the library takes this pack with the contender's options; the reason where it does not. Lowers the pack where it must. */
export async function available(settings) {
  try {
    const talker = await loadTalker(settings);
    await talker.close();
    return { runtime: native().runtime.version };
  } catch (error) {
    return { refused: error.message };
  }
}

/** The multiply-adds that the machine can do, with `settings.threads` threads. */
export function ceilings({ threads }) {
  return native().measureCeilings(threads);
}
