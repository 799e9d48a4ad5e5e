/**
 * Build step, after tsc: `node dist/build/limits.js` writes the limits that native code shares with this one to
 * native/core/limits.h, which is kept in the repository: the engine is built without Node.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SHARED_LIMITS } from '../limits.js';

const HEADER = fileURLToPath(new URL('../../native/core/limits.h', import.meta.url));

const text = `#pragma once

// Made of lib/limits.ts by lib/build/limits.ts. Change it there.

namespace kdtalker {

${Object.entries(SHARED_LIMITS)
  .map(([name, value]) => `inline constexpr int ${name} = ${value};`)
  .join('\n')}

}  // namespace kdtalker
`;
if (readFileSync(HEADER, { encoding: 'utf8', flag: 'a+' }) !== text) writeFileSync(HEADER, text);
