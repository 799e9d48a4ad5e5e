// The network of visemes is made again from nothing: synthetic speech, features, training, weights, figures.
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { findPython } from '../dist/training/python.js';
import { torchEnvironment, withoutTorch } from './support/training.js';

const MAKE = fileURLToPath(new URL('../training/visemes/make.py', import.meta.url));
const WEIGHTS = fileURLToPath(new URL('../lib/packs/puppet/visemes.weights', import.meta.url));

/** Why nobody can speak here, or false. */
function withoutSpeech(): string | false {
  try {
    execFileSync('espeak-ng', ['--version'], { stdio: 'ignore' });
    execFileSync('gcc', ['-E', '-include', 'espeak-ng/speak_lib.h', '-x', 'c', '/dev/null'], {
      stdio: 'ignore',
    });
    return false;
  } catch (error) {
    return `no espeak-ng with its headers and gcc: ${(error as Error).message}`;
  }
}

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

t.test('corpus, weights and figures from nothing', { skip: withoutTorch || withoutSpeech() }, async (t) => {
  const { program } = await findPython();
  const folder = t.testdir();
  await promisify(execFile)(program, [MAKE, folder, '--small'], { env: torchEnvironment(), maxBuffer: 1e7 });
  const made = join(folder, 'visemes.weights');
  t.equal(readFileSync(made).length, readFileSync(WEIGHTS).length, 'as many weights as the committed ones');
  const about = JSON.parse(readFileSync(join(folder, 'visemes.json'), 'utf8'));
  t.equal(about.sha256, sha256(made), 'the hash is that of the file');
  t.ok(
    about.figures.accuracy > 0.35,
    `hears classes in unheard voices: ${about.figures.accuracy}, by chance below .2`,
  );
  t.ok(about.figures['gap r'] > 0.5, `and how far the lips are apart: ${about.figures['gap r']}`);
  const pairs = readdirSync(join(folder, 'espeak_test'));
  t.equal(pairs.filter((name) => name.endsWith('.wav')).length, pairs.length / 2, 'pairs for the evaluation');
});
