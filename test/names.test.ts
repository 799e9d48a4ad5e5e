import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const LIB = new URL('../lib', import.meta.url).pathname;
const EXPORTED_TYPE = /^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm;

/** The file that declares each exported type. */
function declarations(): Map<string, string[]> {
  const places = new Map<string, string[]>();
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  for (const file of files)
    for (const [, name] of readFileSync(join(LIB, file), 'utf8').matchAll(EXPORTED_TYPE))
      places.set(name!, [...(places.get(name!) ?? []), file]);
  return places;
}

t.test('one exported type, one name', async (t) => {
  const places = declarations();
  t.ok(places.has('Picture') && places.has('Talker'), 'they are found');
  const twice = [...places].filter(([, files]) => files.length > 1);
  t.same(twice, []);
});
