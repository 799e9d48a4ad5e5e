/**
 * Build step, after tsc: `node dist/build/packs.js` makes what comes with the library in dist/built-in: the puppet pack, the
 * networks that find faces, and the published schema of pack.json.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildFaces } from '../face/build.js';
import { puppetPack } from '../packs/puppet/pack.js';
import { packJsonSchema } from '../packs/schema.js';
import { writePack } from '../packs/write.js';

const OUT = new URL('../built-in/', import.meta.url);

await mkdir(OUT, { recursive: true });
await writeFile(new URL('pack.schema.json', OUT), `${JSON.stringify(packJsonSchema(), null, 2)}\n`);
await writePack(fileURLToPath(new URL('puppet/', OUT)), puppetPack(), { fingerprint: true });
await buildFaces(fileURLToPath(new URL('faces/', OUT)));
