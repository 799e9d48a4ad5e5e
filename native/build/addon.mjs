// `npm run build:native`: brings build/Release/kdtalker.node up to date.
import { compileAddon, missingForBuild } from './cmake.mjs';
import { fail } from './project.mjs';

const missing = missingForBuild();
if (missing.length > 0)
  fail(`Expected the tools of a build from source but this machine lacks ${missing.join(', ')}.`);
process.exit(compileAddon());
