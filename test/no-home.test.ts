// Users without a home folder: everything that needs no cache works, the rest fails with advice, and no file remains.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { smallPack } from './support/small-pack.js';
import { endedWith, runProgram } from './support/talker.js';

/** Containers often run programs as a user whom the system's list of users does not have. */
const UNKNOWN_USER = '54321';

async function loadWithout(t: Test, home: string | undefined, user: string) {
  const folder = t.testdir();
  const lowered = smallPack(join(folder, 'lowered'));
  const before = readdirSync(folder);
  const env = { HOME: home, XDG_CACHE_HOME: undefined, KDTALKER_CACHE: undefined };
  const result = await runProgram('no-home', folder, { args: [user, 'puppet', lowered], env });
  // The test runner's own record of the process is not the other user's to write.
  endedWith(t, result, 0, 'the program', /^$|processinfo/);
  const [puppet, other] = result.stdout.split('\n');
  t.equal(puppet, 'loaded', 'the puppet keeps no cache');
  t.match(other, /^OUTPUT_UNWRITABLE: .*no home folder\. Set KDTALKER_CACHE/);
  t.same(new Set(readdirSync(folder)), new Set([...before, 'speech-60.wav']), 'nothing is left');
}

t.test('an empty HOME', (t) => loadWithout(t, '', ''));

const skip = process.getuid?.() === 0 ? false : 'only root can become another user';
t.test('no HOME and no entry in the list of users', { skip }, (t) => loadWithout(t, undefined, UNKNOWN_USER));
