// Portraits by id: those that do not fit on the device are files, and come back as they were.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Portrait, PortraitStore, type Talker } from 'kdtalker';
import t from 'tap';
import { hashOf, loadBoth, portraitFile, speech } from './support/talker.js';

const frames = (talker: Talker, portrait: Portrait) => hashOf(talker.animate(portrait, speech(2)));

/** Bytes of one portrait. */
async function sizeOf(portrait: Portrait, directory: string): Promise<number> {
  const store = new PortraitStore({ loadPortrait: async () => portrait }, { directory });
  await store.add('one', portrait);
  return store.bytes;
}

t.test(
  'the portrait that was not used for the longest time leaves the device, and comes back the same',
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const directory = t.testdir({ other: {}, files: {} });
    const folder = path.join(directory, 'files');
    const expected = await frames(talker, portrait);
    const bytes = await sizeOf(portrait, path.join(directory, 'other'));
    const store = new PortraitStore(talker, { directory: folder, deviceBytes: 2.5 * bytes });
    await store.add('a', portrait);
    for (const id of ['b', 'c']) await store.add(id, await talker.portrait(portraitFile));
    t.equal(store.bytes, 2 * bytes);
    t.equal(talker.stats().portraits, 2);
    t.equal(readdirSync(folder).length, 1, "a's file");
    const [one, two] = await Promise.all([store.lease('a'), store.lease('a')]);
    t.equal(one!.portrait, two!.portrait, 'is loaded once');
    t.equal(await frames(talker, one!.portrait), expected);
    t.equal(talker.stats().portraits, 2, 'b has left');
    await Promise.all([store.lease('b'), store.lease('c')]);
    t.equal(talker.stats().portraits, 3, 'what is leased stays');
    await one!.release();
    await one!.release();
    t.equal(talker.stats().portraits, 3, 'two still has it');
    await two!.release();
    t.equal(talker.stats().portraits, 2);
    await t.rejects(store.delete('b'), { code: 'INVALID_ARGUMENT' });
    await store.delete('a');
    t.equal(await store.has('a'), false);
    await t.rejects(store.lease('a'), { code: 'INVALID_ARGUMENT' });
    await store.close();
    t.equal(talker.stats().portraits, 0);
    await t.rejects(store.lease('b'), { code: 'CLOSED' });
    const next = new PortraitStore(talker, { directory: folder });
    const lease = await next.lease('c');
    t.equal(await frames(talker, lease.portrait), expected, 'another store of the folder has it');
    await next.close();
  },
);

t.test('files beyond the limit go, the oldest first', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const directory = t.testdir();
  const store = new PortraitStore(talker, { directory, deviceBytes: 0, diskBytes: 1 });
  await store.add('a', portrait);
  await store.add('b', await talker.portrait(portraitFile));
  t.same([await store.has('a'), await store.has('b')], [false, true]);
  writeFileSync(path.join(directory, 'other.txt'), 'stays');
  await store.close();
  t.same(
    readdirSync(directory).filter((name) => !name.endsWith('.portrait')),
    ['other.txt'],
  );
});

t.test('a file that is damaged or gone is an error, and the store goes on', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const directory = t.testdir();
  const store = new PortraitStore(talker, { directory, deviceBytes: 0 });
  await store.add('a', portrait);
  const [name] = readdirSync(directory);
  writeFileSync(path.join(directory, name!), 'x');
  await t.rejects(store.lease('a'), { code: 'PORTRAIT_INVALID' });
  rmSync(path.join(directory, name!));
  await t.rejects(store.lease('a'), { code: 'FILE_NOT_FOUND' });
  await store.add('a', await talker.portrait(portraitFile));
  await (await store.lease('a')).release();
  t.throws(() => new PortraitStore(talker, { directory, deviceBytes: -1 }), { code: 'INVALID_ARGUMENT' });
  await store.close();
});

t.test('two portraits of an id at once: one stays, the other is closed', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const store = new PortraitStore(talker, { directory: t.testdir() });
  const other = await talker.portrait(portraitFile);
  await Promise.all([store.add('a', portrait), store.add('a', other)]);
  t.equal(talker.stats().portraits, 1);
  await store.close();
  t.equal(talker.stats().portraits, 0);
});

t.test('a store whose folder cannot be written closes all of its portraits', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const directory = path.join(t.testdir(), 'files');
  const store = new PortraitStore(talker, { directory });
  await store.add('a', portrait);
  await store.add('b', await talker.portrait(portraitFile));
  rmSync(directory, { recursive: true });
  writeFileSync(directory, 'no folder');
  await t.rejects(store.close());
  t.equal(talker.stats().portraits, 0);
});
