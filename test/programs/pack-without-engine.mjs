import { puppetPack } from '../../dist/packs/puppet/pack.js';
import { writePack } from '../../dist/packs/write.js';

/** Writes the puppet pack into a folder, in an environment in which no engine can be loaded. */
await writePack(process.argv[2], puppetPack(), { fingerprint: true });
