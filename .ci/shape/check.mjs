// `npm run lint:shape`: checks the layers of the native code, and the lengths of functions and files, against CONTRIBUTING.md.
import { fileLengths, nativeFunctions, scriptFunctions } from './lengths.mjs';
import { nativeFaults } from './native-layers.mjs';

const MAX_FILE = 350;
const MAX_FUNCTION = 45;
const MAX_P90 = 15;

const faults = nativeFaults();

for (const { name, lines } of fileLengths())
  if (lines > MAX_FILE) faults.push(`${name} has ${lines} lines, ${MAX_FILE} at most`);

measure('TypeScript and JavaScript', scriptFunctions());
const native = nativeFunctions();
if (native) measure('C++', native);
else console.log('C++ functions: not measured, Universal Ctags is missing');

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function measure(language, functions) {
  const lines = functions.map((each) => each.lines).sort((a, b) => a - b);
  const p90 = lines[Math.floor(lines.length * 0.9)];
  const median = lines[Math.floor(lines.length / 2)];
  console.log(
    `${language}: ${lines.length} functions, median ${median} lines, p90 ${p90}, longest ${lines.at(-1)}`,
  );
  if (p90 > MAX_P90) faults.push(`${language}: p90 of functions is ${p90} lines, ${MAX_P90} at most`);
  for (const each of functions)
    if (each.lines > MAX_FUNCTION)
      faults.push(`${each.name} has ${each.lines} lines, ${MAX_FUNCTION} at most`);
}
