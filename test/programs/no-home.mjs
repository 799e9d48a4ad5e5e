// Loads packs as a user with the given id, and prints each outcome.
import { Talker } from '../../dist/index.js';

const [user, ...packs] = process.argv.slice(2);
if (user !== '') {
  process.setgid(Number(user));
  process.setuid(Number(user));
}
for (const pack of packs) {
  const loaded = Talker.load(pack, { threads: 1 }).then((talker) => talker.close());
  const said = await loaded.then(
    () => 'loaded',
    ({ code, message }) => `${code}: ${message}`,
  );
  console.log(said);
}
