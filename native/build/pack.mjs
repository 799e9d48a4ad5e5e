// `npm run package [-- FOLDER]`: makes the published archive from a copy of the checkout, so programs that use its dist/ or build/
// meanwhile see no change. With --refuse: npm's prepack, because `npm pack` itself can only work in place.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail, root, run } from './project.mjs';

/** Folders that the copy builds again or does not need. */
const LEFT = new Set(['.git', '.tap', 'build', 'dist', 'node_modules', 'prebuilds']);

function step(command, args, options) {
  const status = run(command, args, options);
  if (status !== 0)
    throw new Error(`Expected ${command} ${args.join(' ')} to succeed but received status ${status}`);
}

function packFrom(copy, destination) {
  cpSync(root, copy, {
    recursive: true,
    filter: (source) => !LEFT.has(path.relative(root, source)),
  });
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  step(process.execPath, ['native/build/prebuilds.mjs', copy]);
  const within = { cwd: copy, env: { ...process.env, PREBUILDS_ONLY: '1' } };
  step(process.execPath, ['node_modules/typescript/bin/tsc'], within);
  step(process.execPath, ['dist/build/packs.js'], within);
  step('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', destination], within);
}

function main(destination) {
  const copy = mkdtempSync(path.join(tmpdir(), 'kdtalker-pack-'));
  try {
    packFrom(copy, destination);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

if (process.argv[2] === '--refuse')
  fail(
    'Expected to pack a copy: packing in place would replace dist/ and build/ under whoever uses them. Run: npm run package\n' +
      'It leaves the archive here, to be given to `npm publish` or `npm install`.',
  );
main(path.resolve(root, process.argv[2] ?? '.'));
