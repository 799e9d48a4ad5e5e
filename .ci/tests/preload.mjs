// What each test's process loads after tap's own modules.
import { register } from 'node:module';
import processOnSpawn from 'process-on-spawn';

// Tap would have every child of a test load its recorder of sources, for coverage that nobody measures here; a child without it begins as
// a user's process does, and in half the time.
processOnSpawn.removeAllListeners();
// Instead of tap's TypeScript (package.json sets TAP_TYPE_STRIP_ONLY), which compiles anew in each process.
register('./hooks.mjs', import.meta.url);
